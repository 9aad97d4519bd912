using System.Globalization;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>
/// DockerInfo.parameters: options of "docker run" with an equivalent here. They come last, as on docker's own command
/// line, so that they win over what the task says otherwise.
/// </summary>
internal static class DockerParameters
{
    private delegate ContainerSpec Option(ContainerSpec spec, string value);

    private static readonly Dictionary<string, Option> Options = new(StringComparer.Ordinal)
    {
        ["add-host"] = static (spec, value) => spec with
        {
            Names = spec.Names with { Hosts = [.. spec.Names.Hosts, Swap(Pair(value, ':', "add-host"))] },
        },
        ["cap-add"] = static (spec, value) => WithCapabilities(spec, value, add: true),
        ["cap-drop"] = static (spec, value) => WithCapabilities(spec, value, add: false),
        ["device"] = Device,
        ["dns"] = static (spec, value) => spec with { Names = spec.Names with { NameServers = [.. spec.Names.NameServers, value] } },
        ["dns-opt"] = static (spec, value) => spec with { Names = spec.Names with { Options = [.. spec.Names.Options, value] } },
        ["dns-search"] = static (spec, value) => spec with { Names = spec.Names with { SearchDomains = [.. spec.Names.SearchDomains, value] } },
        ["entrypoint"] = EntryPoint,
        ["env"] = Variable,
        ["hostname"] = static (spec, value) => spec with { HostName = ContainerSpecs.CheckedHostName(value) },
        ["init"] = static (spec, value) => spec with { Linux = spec.Linux with { Init = Flag("init", value) } },
        // There is no docker whose labels somebody could ask for; Marathon sets one on every task.
        ["label"] = static (spec, _) => spec,
        ["memory-swap"] = static (spec, value) => spec with
        {
            Linux = spec.Linux with { MemoryAndSwapBytes = value == "-1" ? -1 : Bytes("memory-swap", value) },
        },
        ["pids-limit"] = static (spec, value) => spec with { Limits = spec.Limits with { Processes = Number("pids-limit", value) } },
        ["privileged"] = static (spec, value) => spec with { Linux = spec.Linux with { Privileged = Flag("privileged", value) } },
        ["read-only"] = static (spec, value) => spec with { Linux = spec.Linux with { ReadOnlyRoot = Flag("read-only", value) } },
        ["security-opt"] = SecurityOption,
        ["shm-size"] = static (spec, value) => spec with { Linux = spec.Linux with { SharedMemoryBytes = Bytes("shm-size", value) } },
        ["sysctl"] = static (spec, value) => spec with
        {
            Linux = spec.Linux with
            {
                KernelSettings = new Dictionary<string, string>([.. spec.Linux.KernelSettings, Entry(Pair(value, '=', "sysctl"))], StringComparer.Ordinal),
            },
        },
        ["tmpfs"] = TemporaryFiles,
        ["ulimit"] = ResourceLimit,
        ["user"] = static (spec, value) => spec with { Command = spec.Command with { User = value } },
        ["volume"] = Volume,
        ["workdir"] = static (spec, value) => spec with { Command = spec.Command with { WorkingDirectory = AbsolutePath("workdir", value) } },
    };

    /// <summary>docker's one-letter spellings and older names.</summary>
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["e"] = "env", ["h"] = "hostname", ["l"] = "label", ["u"] = "user", ["v"] = "volume", ["w"] = "workdir", ["dns-option"] = "dns-opt",
    };

    /// <exception cref="ContainerLaunchException">An option has no equivalent, or its value is wrong.</exception>
    public static ContainerSpec Apply(ContainerSpec spec, IEnumerable<Parameter> parameters)
    {
        foreach (var parameter in parameters)
        {
            var key = parameter.Key.TrimStart('-');
            if (!Options.TryGetValue(Aliases.GetValueOrDefault(key, key), out var option))
            {
                throw Impossible(
                    $"The docker parameter '{parameter.Key}' has no equivalent on this agent; it serves {string.Join(", ", Options.Keys.Order(StringComparer.Ordinal))}");
            }

            spec = option(spec, parameter.Value);
        }

        return spec;
    }

    private static ContainerSpec Variable(ContainerSpec spec, string value)
    {
        var (name, text) = Pair(value, '=', "env");
        return spec with
        {
            Command = spec.Command with
            {
                Environment = new Dictionary<string, string>(spec.Command.Environment, StringComparer.Ordinal) { [name] = text },
            },
        };
    }

    private static ContainerSpec EntryPoint(ContainerSpec spec, string value)
    {
        if (spec.Command.Shell)
        {
            throw Impossible("The docker parameter 'entrypoint' and a shell command exclude each other: a shell is the entry point then");
        }

        return value.Length == 0
            ? throw Impossible("The docker parameter 'entrypoint' needs a program")
            : spec with { Command = spec.Command with { Value = value, Arguments = [value, .. spec.Command.Arguments] } };
    }

    private static ContainerSpec WithCapabilities(ContainerSpec spec, string value, bool add)
    {
        var name = value.ToUpperInvariant();
        if (name == "ALL" && add)
        {
            // docker's --cap-add=ALL alone hands out no devices: it is less than privileged.
            return spec with { Linux = spec.Linux with { EffectiveCapabilities = DefaultCapabilities.OfMachine() } };
        }

        name = name.StartsWith("CAP_", StringComparison.Ordinal) || name == "ALL" ? name : $"CAP_{name}";
        if (name != "ALL" && !DefaultCapabilities.Known.Contains(name, StringComparer.Ordinal))
        {
            throw Impossible($"'{value}' is no capability");
        }

        var had = spec.Linux.EffectiveCapabilities ?? DefaultCapabilities.Choose(null);
        return spec with
        {
            Linux = spec.Linux with
            {
                EffectiveCapabilities = add ? [.. had.Union([name], StringComparer.Ordinal)]
                    : name == "ALL" ? []
                    : [.. had.Except([name], StringComparer.Ordinal)],
            },
        };
    }

    private static ContainerSpec Device(ContainerSpec spec, string value)
    {
        // HOST[:CONTAINER][:ACCESS]; two parts may be either of the two shorter forms.
        var parts = value.Split(':');
        var (target, access) = parts switch
        {
            [_] => (parts[0], "rwm"),
            [_, ['/', ..]] => (parts[1], "rwm"),
            [_, _] => (parts[0], parts[1]),
            [_, _, _] => (parts[1], parts[2]),
            _ => throw Impossible($"The docker parameter 'device' is HOST[:CONTAINER][:rwm], not '{value}'"),
        };
        if (access.Length == 0 || access.Except("rwm").Any())
        {
            throw Impossible($"The access to the device {parts[0]} is made of r, w and m, not '{access}'");
        }

        var device = OciDevice.TryRead(parts[0], AbsolutePath("device", target), access)
            ?? throw Impossible($"There is no device {parts[0]} on this machine");
        return spec with { Linux = spec.Linux with { Devices = [.. spec.Linux.Devices, device] } };
    }

    private static ContainerSpec SecurityOption(ContainerSpec spec, string value)
    {
        // Older dockers wrote a colon.
        return value.Replace(':', '=') switch
        {
            "seccomp=unconfined" => spec with { Linux = spec.Linux with { SeccompUnconfined = true } },
            "no-new-privileges" or "no-new-privileges=true" => spec with { Linux = spec.Linux with { NewPrivileges = false } },
            "no-new-privileges=false" => spec with { Linux = spec.Linux with { NewPrivileges = true } },
            ['s', 'e', 'c', 'c', 'o', 'm', 'p', '=', .. { Length: > 0 } profile] => spec with { Linux = spec.Linux with { SeccompProfile = profile } },
            _ => throw Impossible(
                $"The docker parameter 'security-opt' with '{value}' has no equivalent on this agent; it serves seccomp and no-new-privileges"),
        };
    }

    private static ContainerSpec TemporaryFiles(ContainerSpec spec, string value)
    {
        var (path, options) = value.Split(':', 2) is [var head, var tail] ? (head, tail.Split(',')) : (value, []);
        // docker's own defaults, which what is given comes after.
        return spec with
        {
            Linux = spec.Linux with
            {
                Mounts = [.. spec.Linux.Mounts, new OciMount(AbsolutePath("tmpfs", path), "tmpfs", "tmpfs", ["nosuid", "nodev", "noexec", .. options])],
            },
        };
    }

    private static ContainerSpec ResourceLimit(ContainerSpec spec, string value)
    {
        var (name, limits) = Pair(value, '=', "ulimit");
        var bounds = limits.Split(':');
        if (!Enum.TryParse<RLimitInfo.Types.RLimit.Types.Type>($"Rlmt{name.Replace("_", "", StringComparison.Ordinal)}", ignoreCase: true, out var type)
            || bounds.Length > 2)
        {
            throw Impossible($"The docker parameter 'ulimit' is NAME=SOFT[:HARD] with a name such as nofile, not '{value}'");
        }

        var limit = new RLimitInfo.Types.RLimit { Type = type };
        // -1: no limit, which the wire says by leaving both out.
        if (bounds[0] != "-1")
        {
            limit.Soft = Size("ulimit", bounds[0]);
            limit.Hard = Size("ulimit", bounds[^1]);
        }

        return spec with
        {
            Linux = spec.Linux with
            {
                ResourceLimits = [.. spec.Linux.ResourceLimits, .. OciResourceLimit.From(new RLimitInfo { Rlimits = { limit } })],
            },
        };
    }

    private static ContainerSpec Volume(ContainerSpec spec, string value)
    {
        var parts = value.Split(':');
        if (parts.Length is < 2 or > 3 || !Path.IsPathRooted(parts[0]) || (parts.Length == 3 && parts[2] is not ("ro" or "rw")))
        {
            throw Impossible($"The docker parameter 'volume' is /HOST/PATH:/CONTAINER/PATH[:ro], not '{value}'");
        }

        return spec with
        {
            Mounts = [.. spec.Mounts, new ContainerMount(parts[0], AbsolutePath("volume", parts[1]), parts is [_, _, "ro"]) { IsOfMachine = true }],
        };
    }

    private static (string First, string Second) Pair(string value, char separator, string key) =>
        value.Split(separator, 2) is [{ Length: > 0 } first, var second]
            ? (first, second)
            : throw Impossible($"The docker parameter '{key}' needs two parts with '{separator}' between them, not '{value}'");

    private static (string Address, string Name) Swap((string Name, string Address) pair) =>
        System.Net.IPAddress.TryParse(pair.Address, out _)
            ? (pair.Address, pair.Name)
            : throw Impossible($"The docker parameter 'add-host' is NAME:ADDRESS, not '{pair.Name}:{pair.Address}'");

    private static KeyValuePair<string, string> Entry((string Name, string Value) pair) => KeyValuePair.Create(pair.Name, pair.Value);

    private static bool Flag(string key, string value) => value switch
    {
        "" or "true" or "1" => true,
        "false" or "0" => false,
        _ => throw Impossible($"The docker parameter '{key}' is true or false, not '{value}'"),
    };

    private static int Number(string key, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw Impossible($"The docker parameter '{key}' is a number, not '{value}'");

    private static ulong Size(string key, string value) =>
        ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Impossible($"The docker parameter '{key}' is a number, not '{value}'");

    /// <summary>A number with docker's units: b, k, m and g, of 1024 each.</summary>
    private static long Bytes(string key, string value)
    {
        var text = value.ToLowerInvariant().TrimEnd('b');
        var shift = text.LastOrDefault() switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        return long.TryParse(shift > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number > 0 && number <= long.MaxValue >> shift
                ? number << shift
                : throw Impossible($"The docker parameter '{key}' is a size such as 64m, not '{value}'");
    }

    private static string AbsolutePath(string key, string value) =>
        Path.IsPathRooted(value) ? value : throw Impossible($"The docker parameter '{key}' needs an absolute path, not '{value}'");

    private static ContainerLaunchException Impossible(string message) => new(message, ContainerLaunchFailure.InvalidSpec);
}
