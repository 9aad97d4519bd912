using System.Text.Json.Nodes;

namespace Plenum.Cli.Tests.Moving;

/// <summary>Definitions from a seed, as a server prints them: each member there or not, each at a default or not.</summary>
internal sealed class DefinitionMaker(int seed)
{
    private readonly Random _random = new(seed);

    public JsonObject App(string id)
    {
        var app = new JsonObject { ["id"] = id, ["cmd"] = Word() };
        Maybe(app, "instances", () => _random.Next(0, 3));
        Maybe(app, "cpus", () => _random.Next(1, 4) / 2.0);
        Maybe(app, "mem", () => Pick(128.0, 64.5));
        Maybe(app, "env", () => Map(() => Pick("", "x", "y")));
        Maybe(app, "labels", () => Map(() => Pick("", "x")));
        Maybe(app, "requirePorts", () => Chance());
        Maybe(app, "portDefinitions", () => new JsonArray(new JsonObject { ["port"] = _random.Next(10_000, 10_010), ["labels"] = Map(() => "v") }));
        Maybe(app, "fetch", () => new JsonArray(new JsonObject { ["uri"] = Word(), ["cache"] = Chance() }));
        Maybe(app, "healthChecks", () => new JsonArray(new JsonObject { ["protocol"] = Pick("HTTP", "TCP"), ["timeoutSeconds"] = Pick(20, 7) }));
        Maybe(app, "constraints", () => new JsonArray(new JsonArray("hostname", "UNIQUE")));
        Maybe(app, "upgradeStrategy", () => new JsonObject { ["minimumHealthCapacity"] = Pick(0.5, 1.0) });
        Maybe(app, "dependencies", () => new JsonArray("/" + Word()));
        Maybe(app, "killSelection", () => Pick("YOUNGEST_FIRST", "OLDEST_FIRST"));
        return app;
    }

    public JsonObject Pod(string id)
    {
        var container = new JsonObject { ["name"] = "c" };
        Maybe(container, "resources", () => new JsonObject { ["cpus"] = Pick(1.0, 0.5) });
        Maybe(container, "environment", () => Map(() => Pick("", "x")));
        var pod = new JsonObject { ["id"] = id, ["containers"] = new JsonArray(container) };
        Maybe(pod, "scaling", () => new JsonObject { ["kind"] = "fixed", ["instances"] = _random.Next(0, 3) });
        Maybe(pod, "labels", () => Map(() => "v"));
        return pod;
    }

    public string Word() => ((char)('a' + _random.Next(26))).ToString() + _random.Next(10);

    public bool Chance() => _random.Next(2) == 0;

    public T Pick<T>(params T[] from) => from[_random.Next(from.Length)];

    private JsonObject Map(Func<string> value)
    {
        var map = new JsonObject();
        for (var count = _random.Next(3); count > 0; count--)
        {
            map[Word()] = value();
        }
        return map;
    }

    private void Maybe(JsonObject target, string name, Func<JsonNode?> value)
    {
        if (Chance())
        {
            target[name] = value();
        }
    }
}
