namespace Plenum.Marathon.Definitions.Validation;

/// <summary>The place in a document that a rule speaks about, and where its complaints go.</summary>
internal readonly struct Report(Violations violations, FieldPath path)
{
    public Report this[string member] => new(violations, path[member]);

    public Report At(object index) => new(violations, path.At(index));

    public void Add(string message) => violations.Add(path, message);
}
