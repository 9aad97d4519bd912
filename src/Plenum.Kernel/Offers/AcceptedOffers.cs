using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Offers;

/// <summary>The offers one ACCEPT or DECLINE names: valid together, or the reason why not.</summary>
internal readonly struct AcceptedOffers
{
    private AcceptedOffers(List<OfferEntry> valid, string? error)
    {
        Valid = valid;
        Error = error;
    }

    /// <summary>Those that exist and are this framework's, without repeats, even when the list as a whole is wrong.</summary>
    public List<OfferEntry> Valid { get; }

    public string? Error { get; }

    public AgentEntry Agent => Valid[0].Agent;

    public string Role => Valid[0].Role;

    public static AcceptedOffers Find(FrameworkEntry framework, ClusterBook book, IReadOnlyList<OfferID> ids)
    {
        var valid = new List<OfferEntry>(ids.Count);
        var error = ids.Count == 0 ? "No offers specified" : null;
        foreach (var id in ids)
        {
            if (!book.Offers.TryGetValue(id, out var offer))
            {
                error ??= $"Offer {id.Value} is no longer valid";
            }
            else if (offer.Framework != framework)
            {
                error ??= $"Offer {id.Value} has invalid framework {offer.Framework.Id} while framework {framework.Id} is expected";
            }
            else if (valid.Contains(offer))
            {
                error ??= $"Duplicate offer {id.Value} in offer list";
            }
            else
            {
                if (valid.Count > 0 && valid[0].Agent != offer.Agent)
                {
                    error ??= "Aggregated offers must belong to one single agent";
                }
                else if (valid.Count > 0 && !string.Equals(valid[0].Role, offer.Role, StringComparison.Ordinal))
                {
                    error ??= "Aggregated offers must be allocated to the same role";
                }

                valid.Add(offer);
            }
        }

        return new AcceptedOffers(valid, error);
    }

    /// <summary>All of them as one pool, with the allocation role.</summary>
    public ResourceSet Sum()
    {
        var sum = Valid[0].Resources;
        for (var i = 1; i < Valid.Count; i++)
        {
            sum += Valid[i].Resources;
        }

        return sum;
    }
}
