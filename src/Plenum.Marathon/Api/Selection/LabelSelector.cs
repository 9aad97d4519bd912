using System.Diagnostics.CodeAnalysis;
using System.Text;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Api.Selection;

/// <summary>
/// <c>key</c>, <c>key==v</c>, <c>key!=v</c>, <c>key in (a,b)</c>, <c>key notin (a,b)</c>, joined by commas that mean
/// "and"; a backslash makes the next character an ordinary one. The negative forms hold only where the key exists.
/// </summary>
internal sealed class LabelSelector
{
    private readonly IReadOnlyList<Term> _terms;

    private LabelSelector(IReadOnlyList<Term> terms) => _terms = terms;

    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out LabelSelector? selector,
        [NotNullWhen(false)] out string? error)
    {
        var parser = new Parser(text);
        var terms = new List<Term>();
        do
        {
            if (parser.ReadTerm() is not { } term)
            {
                selector = null;
                error = $"Invalid label selector '{text}': {parser.Error}";
                return false;
            }

            terms.Add(term);
        }
        while (parser.TryTake(','));

        if (!parser.IsAtEnd)
        {
            selector = null;
            error = $"Invalid label selector '{text}': ',' or the end expected at position {parser.Position + 1}";
            return false;
        }

        selector = new LabelSelector(terms);
        error = null;
        return true;
    }

    public bool Matches(ValueMap<string> labels)
    {
        foreach (var term in _terms)
        {
            if (!labels.TryGetValue(term.Key, out var value)
                || (term.Values is not null && term.Values.Contains(value) == term.Negated))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Term(string Key, IReadOnlySet<string>? Values, bool Negated);

    private sealed class Parser(string text)
    {
        public int Position { get; private set; }

        public string? Error { get; private set; }

        public bool IsAtEnd
        {
            get
            {
                SkipSpace();
                return Position == text.Length;
            }
        }

        public Term? ReadTerm()
        {
            if (ReadWord() is not { } key)
            {
                return Fail<Term>("a label's name expected");
            }

            if (TryTake("==") || TryTake("!="))
            {
                var negated = text[Position - 2] == '!';
                return ReadWord() is { } value
                    ? new Term(key, new HashSet<string>(StringComparer.Ordinal) { value }, negated)
                    : Fail<Term>("a value expected");
            }

            if (IsAtEnd || text[Position] == ',')
            {
                return new Term(key, null, Negated: false);
            }

            return ReadWord() switch
            {
                "in" => ReadSet() is { } values ? new Term(key, values, Negated: false) : null,
                "notin" => ReadSet() is { } values ? new Term(key, values, Negated: true) : null,
                _ => Fail<Term>("'==', '!=', 'in' or 'notin' expected"),
            };
        }

        public bool TryTake(char expected)
        {
            SkipSpace();
            if (Position == text.Length || text[Position] != expected)
            {
                return false;
            }

            Position++;
            return true;
        }

        private bool TryTake(string expected)
        {
            SkipSpace();
            if (string.CompareOrdinal(text, Position, expected, 0, expected.Length) != 0)
            {
                return false;
            }

            Position += expected.Length;
            return true;
        }

        private HashSet<string>? ReadSet()
        {
            if (!TryTake('('))
            {
                return Fail<HashSet<string>>("'(' expected");
            }

            var values = new HashSet<string>(StringComparer.Ordinal);
            do
            {
                if (ReadWord() is not { } value)
                {
                    return Fail<HashSet<string>>("a value expected");
                }

                values.Add(value);
            }
            while (TryTake(','));

            return TryTake(')') ? values : Fail<HashSet<string>>("')' expected");
        }

        private string? ReadWord()
        {
            SkipSpace();
            var word = new StringBuilder();
            while (Position < text.Length)
            {
                var c = text[Position];
                if (c == '\\')
                {
                    if (Position + 1 == text.Length)
                    {
                        return null;
                    }

                    word.Append(text[Position + 1]);
                    Position += 2;
                    continue;
                }

                if (char.IsWhiteSpace(c) || c is ',' or '=' or '!' or '(' or ')')
                {
                    break;
                }

                word.Append(c);
                Position++;
            }

            return word.Length == 0 ? null : word.ToString();
        }

        private void SkipSpace()
        {
            while (Position < text.Length && char.IsWhiteSpace(text[Position]))
            {
                Position++;
            }
        }

        private T? Fail<T>(string expected)
            where T : class
        {
            Error ??= $"{expected} at position {Position + 1}";
            return null;
        }
    }
}
