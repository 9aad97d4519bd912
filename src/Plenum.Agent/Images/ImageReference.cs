namespace Plenum.Agent.Images;

/// <summary>Where an image comes from, in skopeo's words.</summary>
/// <param name="Name">As the task gave it.</param>
/// <param name="Source">The transport and what it needs, such as docker://nginx:1.25.</param>
/// <param name="RegistryHost">The registry asked; null for a file.</param>
internal sealed record ImageReference(string Name, string Source, string? RegistryHost)
{
    private const string DefaultRegistry = "docker.io";

    private static readonly string[] FileTransports = ["oci:", "oci-archive:", "docker-archive:"];

    /// <summary>Parses the name of an Image.Docker; a file transport needs an absolute path.</summary>
    public static ImageReference Parse(string name)
    {
        if (name.Length == 0 || name.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c)) || name.StartsWith('-'))
        {
            throw ImageFailure.Of($"'{name}'", "has no legal name");
        }
        var transport = FileTransports.FirstOrDefault(t => name.StartsWith(t, StringComparison.Ordinal));
        if (transport is not null)
        {
            return Path.IsPathRooted(name[transport.Length..])
                ? new ImageReference(name, name, null)
                : throw ImageFailure.Of(name, "needs an absolute path");
        }
        var plain = name.StartsWith("docker://", StringComparison.Ordinal) ? name["docker://".Length..] : name;
        if (plain.IndexOf('@', StringComparison.Ordinal) is var pin and > 0 && plain.LastIndexOf(':', pin) is var tag && tag > plain.LastIndexOf('/', pin))
        {
            // A digest says all; skopeo refuses the tag that docker allows beside it.
            plain = plain[..tag] + plain[pin..];
        }
        var first = plain.Split('/')[0];
        // Docker's rule: the first part is a host when it could not be a user's name.
        var isHost = plain.Contains('/', StringComparison.Ordinal)
            && (first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost");
        return new ImageReference(name, $"docker://{plain}", isHost ? first : DefaultRegistry);
    }

    /// <summary>
    /// The directory with the registry's certificates; null where there is none. With it the registry is verified, on this
    /// machine too.
    /// </summary>
    public string? CertificatesIn(string? root)
    {
        // A user's text becomes a file name: no "..", which is a legal first part of an image's name.
        if (root is null || RegistryHost is not { Length: > 0 } host || !char.IsAsciiLetterOrDigit(host[0]))
        {
            return null;
        }
        var directory = Path.Join(root, host);
        return Directory.Exists(directory) ? directory : null;
    }

    /// <summary>Whether the registry may be asked without TLS: one on this machine, as docker has it, or a named one.</summary>
    public bool MayBeInsecure(IReadOnlyList<string> insecureRegistries)
    {
        if (RegistryHost is null)
        {
            return false;
        }
        var host = RegistryHost.Split(':')[0];
        return host == "localhost"
            || host.StartsWith("127.", StringComparison.Ordinal)
            || insecureRegistries.Contains(RegistryHost)
            || insecureRegistries.Contains(host);
    }
}
