using Plenum.Marathon.Definitions;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>
/// An offer is cut once for an instance, whatever it consists of; this divides the piece among tasks and executor.
/// </summary>
internal static class ResourceShares
{
    /// <summary>Moves an amount of each scalar from what is left; no more than there is.</summary>
    public static List<Resource> Take(IList<Resource> left, ResourceDemand share)
    {
        var taken = new List<Resource>();
        Move("cpus", share.Cpus);
        Move("mem", share.Mem);
        Move("disk", share.Disk);
        Move("gpus", share.Gpus);
        return taken;

        void Move(string name, double amount)
        {
            var missing = OfferPool.ToMillis(amount);
            foreach (var resource in left
                .Where(resource => resource.Name == name && resource.Type == Value.Types.Type.Scalar && resource.Disk?.Persistence is null)
                .ToList())
            {
                var cut = Math.Min(missing, OfferPool.ToMillis(resource.Scalar.Value));
                if (cut == 0)
                {
                    continue;
                }

                var part = resource.Clone();
                part.Scalar.Value = cut / 1000.0;
                taken.Add(part);
                var rest = OfferPool.ToMillis(resource.Scalar.Value) - cut;
                missing -= cut;
                if (rest == 0)
                {
                    left.Remove(resource);
                }
                else
                {
                    resource.Scalar.Value = rest / 1000.0;
                }
            }
        }
    }
}
