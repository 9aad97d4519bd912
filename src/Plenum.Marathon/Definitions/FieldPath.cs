using System.Text;

namespace Plenum.Marathon.Definitions;

/// <summary>
/// Where in a document a field is: <c>/container/volumes(0)/hostPath</c>. The dashboard of DC/OS maps these texts to
/// the fields of its forms, so their shape is part of the API. Built backwards and printed only for an error.
/// </summary>
internal sealed class FieldPath
{
    public static readonly FieldPath Root = new(null, "", isIndex: false);

    private readonly FieldPath? _parent;
    private readonly string _name;
    private readonly bool _isIndex;

    private FieldPath(FieldPath? parent, string name, bool isIndex)
    {
        _parent = parent;
        _name = name;
        _isIndex = isIndex;
    }

    public FieldPath this[string member] => new(this, member, isIndex: false);

    /// <summary>An array position, or an entry of a map.</summary>
    public FieldPath At(object index) => new(this, index.ToString()!, isIndex: true);

    public override string ToString()
    {
        if (_parent is null)
        {
            return "/";
        }

        var text = new StringBuilder();
        Append(text);
        return text[0] == '/' ? text.ToString() : "/" + text;
    }

    private void Append(StringBuilder text)
    {
        if (_parent is null)
        {
            return;
        }

        _parent.Append(text);
        _ = _isIndex ? text.Append('(').Append(_name).Append(')') : text.Append('/').Append(_name);
    }
}
