using System.Text.RegularExpressions;
using Plenum.Marathon.Definitions.Reading;

namespace Plenum.Marathon.Definitions.Validation;

internal static partial class NetworkValidator
{
    public static void Validate(AppDefinition app, Report report)
    {
        ValidateNetworks(app.Networks, report["networks"]);
        if (app.Networks.Count > 1 && app.Container is { Type: ContainerEngine.Docker })
        {
            report["networks"].Add("may name one container network only with the Docker engine");
        }

        if (app.IsHostMode)
        {
            ValidatePortDefinitions(app.PortDefinitions, report["portDefinitions"]);
            return;
        }

        if (app.Container is null)
        {
            report["container"].Add("must be present with a network of mode container or container/bridge");
        }

        ValidatePortMappings(app, report["container"]["portMappings"]);
    }

    internal static void ValidateNetworks(ValueList<Network> networks, Report report)
    {
        var mode = networks[0].Mode;
        if (networks.Any(network => network.Mode != mode) || (mode != NetworkMode.Container && networks.Count > 1))
        {
            report.Add("may only name a single host network, a single container/bridge network, or any number of container networks");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < networks.Count; i++)
        {
            var network = networks[i];
            var at = report.At(i);
            if (network.Name is not null && network.Mode != NetworkMode.Container)
            {
                at["name"].Add($"must not be given in {WireNames.NetworkModes.Of(network.Mode)} mode");
            }

            if (network.Mode == NetworkMode.Host && !network.Labels.IsEmpty)
            {
                at["labels"].Add("must not be given in host mode");
            }

            if (network.Mode == NetworkMode.Container)
            {
                if (network.Name is null)
                {
                    at["name"].Add("must be given, since this cluster has no default container network");
                }
                else if (network.Name.Length > Bounds.MaxNetworkNameLength || !NetworkName().IsMatch(network.Name))
                {
                    at["name"].Add("must consist of lower case letters, digits, dashes and underscores, 63 at most");
                }
                else if (!names.Add(network.Name))
                {
                    at["name"].Add("must be unique among the networks");
                }
            }
        }
    }

    private static void ValidatePortDefinitions(ValueList<PortDefinition> definitions, Report report)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new HashSet<int>();
        for (var i = 0; i < definitions.Count; i++)
        {
            ValidateName(definitions[i].Name, names, report.At(i)["name"]);
            if (definitions[i].Port != 0 && !numbers.Add(definitions[i].Port))
            {
                report.Add("ports must be unique.");
            }
        }
    }

    private static void ValidatePortMappings(AppDefinition app, Report report)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var networks = app.Networks.AsEnumerable().Select(network => network.Name).ToHashSet(StringComparer.Ordinal);
        var mappings = app.PortMappings;
        for (var i = 0; i < mappings.Count; i++)
        {
            var mapping = mappings[i];
            ValidateName(mapping.Name, names, report.At(i)["name"]);
            foreach (var name in mapping.NetworkNames)
            {
                if (!networks.Contains(name))
                {
                    report.At(i)["networkNames"].Add($"'{name}' is none of the app's networks");
                }
            }

            if (app.Networks.Count > 1 && mapping.HostPort is not null && mapping.NetworkNames.Count != 1)
            {
                report.At(i)["networkNames"].Add("must name exactly one network for a mapping with a hostPort");
            }
        }
    }

    private static void ValidateName(string? name, HashSet<string> seen, Report report)
    {
        if (name is null)
        {
            return;
        }

        if (!PortName().IsMatch(name))
        {
            report.Add("must consist of lower case letters, digits and dashes, and begin and end with a letter or digit");
        }
        else if (!seen.Add(name))
        {
            report.Add("must be unique among the ports");
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9_]*[a-z0-9])?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex NetworkName();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PortName();
}
