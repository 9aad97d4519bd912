using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Tests.Wire;

/// <summary>
/// The compiled messages against the table of the reference, in both directions: a field that is
/// missing, extra, renamed, renumbered, relabelled or retyped shows up as a line of difference.
/// </summary>
public sealed class DescriptorTests
{
    private static readonly string[] Table = ReadTable();

    [Fact]
    public void Every_field_has_the_number_name_type_label_and_default_of_the_table() =>
        Difference("field", Descriptors.Messages.SelectMany(message => message.Fields.InDeclarationOrder()).Select(Line))
            .ShouldBeEmpty();

    [Fact]
    public void Every_enum_value_has_the_name_and_number_of_the_table() =>
        Difference("enum", Descriptors.Enums.SelectMany(type => type.Values).Select(Line)).ShouldBeEmpty();

    [Fact]
    public void Repeated_scalars_are_written_unpacked_as_the_reference_writes_them() =>
        Descriptors.Messages.SelectMany(message => message.Fields.InDeclarationOrder())
            .Where(field => field.IsPacked)
            .Select(field => field.FullName)
            .ShouldBeEmpty();

    private static IEnumerable<string> Difference(string kind, IEnumerable<string> compiled)
    {
        var expected = Table.Where(line => line.StartsWith(kind + "\t", StringComparison.Ordinal)).ToHashSet();
        expected.Count.ShouldBeGreaterThan(400);
        var actual = compiled.ToHashSet();
        return expected.Except(actual).Select(line => "only in the table: " + line)
            .Concat(actual.Except(expected).Select(line => "only compiled: " + line));
    }

    private static string Line(FieldDescriptor field) => string.Join(
        '\t',
        "field",
        field.ContainingType.FullName,
        field.FieldNumber,
        field.Name,
        field.IsMap
            ? $"map<{Type(field.MessageType.FindFieldByNumber(1))},{Type(field.MessageType.FindFieldByNumber(2), field)}>"
            : Type(field),
        Label(field),
        field.ToProto().DefaultValue is { Length: > 0 } value ? Default(field, value) : "");

    private static string Line(EnumValueDescriptor value) =>
        string.Join('\t', "enum", value.EnumDescriptor.FullName, value.Number, value.Name);

    private static string Label(FieldDescriptor field) => field switch
    {
        { IsMap: true } => "map",
        { IsRepeated: true } => "rep",
        { RealContainingOneof: not null } => "oneof",
        { IsRequired: true } => "req",
        _ => "opt",
    };

    // protoc keeps the shortest form of a number; the table has the declaration's.
    private static string Default(FieldDescriptor field, string value) =>
        field.FieldType is FieldType.Double && !value.Contains('.') ? value + ".0" : value;

    private static string Type(FieldDescriptor field, FieldDescriptor? owner = null) => field.FieldType switch
    {
        FieldType.Message => Relative(field.MessageType.FullName, owner ?? field),
        FieldType.Enum => Relative(field.EnumType.FullName, owner ?? field),
        var scalar => scalar.ToString().ToLowerInvariant(),
    };

    // The table names types relative to the package of the section, and the common ones bare.
    private static string Relative(string type, FieldDescriptor field)
    {
        foreach (var package in new[] { field.File.Package + ".", "mesos.v1." })
        {
            if (type.StartsWith(package, StringComparison.Ordinal))
            {
                return type[package.Length..];
            }
        }
        return type;
    }

    private static string[] ReadTable()
    {
        using var reader = new StreamReader(
            typeof(DescriptorTests).Assembly.GetManifestResourceStream("wire-table.tsv")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
