using System.Text.RegularExpressions;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Pseudo = Plenum.Protocol.V1.Scheduler.AttributeConstraint.Types.Selector.Types.PseudoattributeType;

namespace Plenum.Kernel.Allocation;

/// <summary>Offer constraints of one framework, with their patterns compiled.</summary>
internal sealed class ConstraintSet
{
    /// <summary>Constraints of one framework over all roles; each is looked at for each agent of a run.</summary>
    private const int MaxConstraints = 1000;

    /// <summary>Mesos bounds the compiled pattern to a program of 100 instructions, which no text of this length fits.</summary>
    private const int MaxPatternLength = 1000;

    private readonly Dictionary<string, List<List<Rule>>> _groupsByRole = new(StringComparer.Ordinal);

    private ConstraintSet()
    {
    }

    /// <summary>Null with the reason in <paramref name="error"/> when a constraint cannot be understood.</summary>
    public static ConstraintSet? Read(OfferConstraints wire, IReadOnlyList<string> roles, out string? error)
    {
        error = null;
        var set = new ConstraintSet();
        var count = 0;
        foreach (var (role, constraints) in wire.RoleConstraints)
        {
            if (!roles.Contains(role, StringComparer.Ordinal))
            {
                error = $"Offer constraints name the role '{role}', which is not the framework's";
                return null;
            }

            if (constraints.Groups.Count == 0)
            {
                error = $"Offer constraints of role '{role}' have no group";
                return null;
            }

            var groups = new List<List<Rule>>();
            foreach (var group in constraints.Groups)
            {
                var rules = new List<Rule>();
                foreach (var constraint in group.AttributeConstraints)
                {
                    error = count++ < MaxConstraints ? Compile(constraint, rules) : $"more than {MaxConstraints} constraints";
                    if (error is not null)
                    {
                        error = $"Offer constraints of role '{role}': {error}";
                        return null;
                    }
                }

                if (rules.Count == 0)
                {
                    error = $"Offer constraints of role '{role}' have an empty group";
                    return null;
                }

                groups.Add(rules);
            }

            set._groupsByRole.Add(role, groups);
        }

        return set;
    }

    /// <summary>Any group whose constraints all hold; a role without constraints admits every agent.</summary>
    public bool Admit(string role, AgentInfo agent) =>
        !_groupsByRole.TryGetValue(role, out var groups) || groups.Exists(group => group.TrueForAll(rule => rule.Holds(agent)));

    private static string? Compile(AttributeConstraint constraint, List<Rule> rules)
    {
        // Both fields are optional on the wire, and a choice of a later Mesos reads as none.
        if (constraint.Selector is not { } selector
            || selector.SelectorCase == AttributeConstraint.Types.Selector.SelectorOneofCase.None
            || (selector.SelectorCase == AttributeConstraint.Types.Selector.SelectorOneofCase.PseudoattributeType
                && selector.PseudoattributeType == Pseudo.Unknown))
        {
            return "a selector is missing or unknown";
        }

        if (constraint.Predicate is not { PredicateCase: not AttributeConstraint.Types.Predicate.PredicateOneofCase.None } predicate)
        {
            return "a predicate is missing or unknown";
        }

        if ((predicate.TextMatches?.Regex ?? predicate.TextNotMatches?.Regex)?.Length > MaxPatternLength)
        {
            return $"a pattern is longer than {MaxPatternLength} characters";
        }

        try
        {
            rules.Add(new Rule(constraint));
            return null;
        }
        catch (ArgumentException pattern)
        {
            return $"a pattern is not valid: {pattern.Message}";
        }
        catch (NotSupportedException pattern)
        {
            return $"a pattern uses what cannot be matched in linear time: {pattern.Message}";
        }
    }

    private sealed class Rule
    {
        private readonly AttributeConstraint _wire;
        private readonly Regex? _pattern;

        public Rule(AttributeConstraint wire)
        {
            _wire = wire;
            var pattern = wire.Predicate.TextMatches?.Regex ?? wire.Predicate.TextNotMatches?.Regex;

            // Like RE2, this engine has no backtracking: no pattern of a framework can stall the allocator.
            _pattern = pattern is null
                ? null
                : new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }

        public bool Holds(AgentInfo agent)
        {
            var found = Find(agent, out var text);
            var predicate = _wire.Predicate;
            return predicate.PredicateCase switch
            {
                AttributeConstraint.Types.Predicate.PredicateOneofCase.Exists => found,
                AttributeConstraint.Types.Predicate.PredicateOneofCase.NotExists => !found,
                AttributeConstraint.Types.Predicate.PredicateOneofCase.TextEquals =>
                    found && (text is null || string.Equals(text, predicate.TextEquals.Value, StringComparison.Ordinal)),
                AttributeConstraint.Types.Predicate.PredicateOneofCase.TextNotEquals =>
                    !found || text is null || !string.Equals(text, predicate.TextNotEquals.Value, StringComparison.Ordinal),
                AttributeConstraint.Types.Predicate.PredicateOneofCase.TextMatches =>
                    found && (text is null || _pattern!.IsMatch(text)),
                _ => !found || text is null || !_pattern!.IsMatch(text),
            };
        }

        /// <summary>Text is null for an attribute of another kind: equality and patterns then always hold.</summary>
        private bool Find(AgentInfo agent, out string? text)
        {
            text = null;
            if (_wire.Selector.SelectorCase == AttributeConstraint.Types.Selector.SelectorOneofCase.PseudoattributeType)
            {
                text = _wire.Selector.PseudoattributeType switch
                {
                    Pseudo.Hostname => agent.Hostname,
                    Pseudo.Region => agent.Domain?.FaultDomain?.Region?.Name,
                    Pseudo.Zone => agent.Domain?.FaultDomain?.Zone?.Name,
                    _ => null,
                };
                return text is not null;
            }

            foreach (var attribute in agent.Attributes)
            {
                if (string.Equals(attribute.Name, _wire.Selector.AttributeName, StringComparison.Ordinal))
                {
                    text = attribute.Type == Value.Types.Type.Text ? attribute.Text.Value : null;
                    return true;
                }
            }

            return false;
        }
    }
}
