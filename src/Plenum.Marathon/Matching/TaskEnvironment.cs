using System.Globalization;
using System.Text;
using Plenum.Marathon.Definitions;
using Environment = Plenum.Protocol.V1.Environment;

namespace Plenum.Marathon.Matching;

/// <summary>The variables an app's task sees. The user's own win over all of them.</summary>
internal static class TaskEnvironment
{
    // Longer keys and values are left out: an environment is bounded by the kernel, and labels are not.
    private const int MaxLabelLength = 512;

    public static Environment Build(AppDefinition app, string taskId, string host, AssignedPort[] ports, string? prefix, bool enforceRole)
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["MESOS_TASK_ID"] = taskId,
            ["MARATHON_APP_ID"] = app.Id.Text,
            ["MARATHON_APP_VERSION"] = app.Version.ToString(),
            ["MARATHON_APP_RESOURCE_CPUS"] = Number(app.Cpus),
            ["MARATHON_APP_RESOURCE_MEM"] = Number(app.Mem),
            ["MARATHON_APP_RESOURCE_DISK"] = Number(app.Disk),
            ["MARATHON_APP_RESOURCE_GPUS"] = app.Gpus.ToString(CultureInfo.InvariantCulture),
            ["MARATHON_APP_ENFORCE_GROUP_ROLE"] = enforceRole ? "TRUE" : "FALSE",
            [$"{prefix}HOST"] = host,
        };
        if (app.Container is { Type: ContainerEngine.Docker, Docker: { } docker })
        {
            variables["MARATHON_APP_DOCKER_IMAGE"] = docker.Image;
        }

        AddLabels(app.Labels, variables);
        AddPorts(ports, prefix, variables);

        var environment = new Environment();
        foreach (var (name, value) in variables)
        {
            if (!app.Env.ContainsKey(name))
            {
                environment.Variables.Add(new Environment.Types.Variable { Name = name, Value = value });
            }
        }

        foreach (var (name, value) in app.Env)
        {
            environment.Variables.Add(UserVariable(app, name, value));
        }

        return environment;
    }

    public static Environment.Types.Variable UserVariable(RunSpec app, string name, EnvironmentValue value) =>
        value switch
        {
            EnvironmentValue.Text text => new Environment.Types.Variable { Name = name, Value = text.Value },
            EnvironmentValue.Secret secret => new Environment.Types.Variable
            {
                Name = name,
                Type = Environment.Types.Variable.Types.Type.Secret,
                Secret = VolumeBuilder.Reference(app, secret.Name),
            },
            _ => throw new InvalidOperationException("an environment value is a text or a secret"),
        };

    public static void AddLabels(IEnumerable<KeyValuePair<string, string>> labels, SortedDictionary<string, string> variables)
    {
        var keys = new List<string>();
        foreach (var (key, value) in labels)
        {
            if (key.Length >= MaxLabelLength || value.Length >= MaxLabelLength)
            {
                continue;
            }

            var name = Sanitise(key);
            keys.Add(name);
            variables[$"MARATHON_APP_LABEL_{name}"] = value;
        }

        variables["MARATHON_APP_LABELS"] = string.Join(' ', keys);
    }

    private static void AddPorts(AssignedPort[] ports, string? prefix, SortedDictionary<string, string> variables)
    {
        if (ports.Length == 0)
        {
            return;
        }

        for (var i = 0; i < ports.Length; i++)
        {
            var port = ports[i];
            var number = port.Effective.ToString(CultureInfo.InvariantCulture);
            variables[$"{prefix}PORT{i}"] = number;

            // The declared number names the variable, so that an app finds the port it asked for by the name it knows.
            variables[$"{prefix}PORT_{(port.Declared > 0 ? port.Declared : port.Effective)}"] = number;
            if (port.Name is { } name)
            {
                variables[$"{prefix}PORT_{name.ToUpperInvariant()}"] = number;
            }
        }

        // PORT and PORTS name host ports and generated ports only, not container ports that the user fixed.
        var listed = ports.Where(port => port.Host is not null || port.Declared == 0).Select(port => port.Effective).ToList();
        if (listed.Count > 0)
        {
            variables[$"{prefix}PORT"] = listed[0].ToString(CultureInfo.InvariantCulture);
            variables[$"{prefix}PORTS"] = string.Join(',', listed);
        }
    }

    public static string Sanitise(string key)
    {
        var text = new StringBuilder(key.Length);
        foreach (var c in key)
        {
            text.Append(char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_');
        }

        return text.ToString();
    }

    // As Scala prints doubles, which scripts have been parsing for years: whole values carry ".0".
    public static string Number(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('.') || text.Contains('E') ? text : text + ".0";
    }
}
