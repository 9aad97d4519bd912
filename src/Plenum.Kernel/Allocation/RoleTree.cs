using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Invariants;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Allocation;

/// <summary>
/// All roles with what they hold. Weights belong to paths. A role exists while a framework is in it or
/// holds resources of it.
/// </summary>
internal sealed class RoleTree(KernelOptions options)
{
    private readonly RoleNode _root = new(string.Empty, string.Empty, null, 1);
    private readonly Dictionary<string, RoleNode> _nodes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, double> _weights = new(
        options.Weights.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);

    private readonly DeterministicRandom _random = new(options.Seed ^ 0x5DEECE66D);
    private readonly List<RoleLeaf> _order = [];
    private bool _orderStale = true;

    /// <summary>What all admitted agents have; shares are parts of it.</summary>
    public ScalarTotals ClusterTotal { get; } = new();

    public bool HasActive => _root.ActiveInSubtree > 0;

    /// <summary>Somebody who answers offers wants some.</summary>
    public bool HasPunctual => _root.PunctualInSubtree > 0;

    /// <summary>Weights that somebody set, by path.</summary>
    public IReadOnlyDictionary<string, double> Weights => _weights;

    public IEnumerable<RoleNode> Nodes => _nodes.Values;

    public RoleNode? Find(string path) => _nodes.GetValueOrDefault(path);

    /// <summary>Returns whether a role of that path exists now.</summary>
    public bool SetWeight(string path, double weight)
    {
        _weights[path] = weight;
        if (!_nodes.TryGetValue(path, out var node))
        {
            return false;
        }

        node.Weight = weight;
        return true;
    }

    public FrameworkClient Client(FrameworkEntry framework, string role)
    {
        if (!framework.Clients.TryGetValue(role, out var client))
        {
            client = new FrameworkClient(framework, Node(role).Leaf);
            framework.Clients.Add(role, client);
            client.Leaf.Clients.Add(client);
        }

        return client;
    }

    public void SetActive(FrameworkClient client, bool active)
    {
        if (client.Active == active)
        {
            return;
        }

        client.Active = active;
        _orderStale = true;
        var leaf = client.Leaf;
        if (!client.IsLate)
        {
            CountPunctual(leaf, active ? 1 : -1);
        }

        if (active)
        {
            leaf.ActiveClients.Add(client);
            if (leaf.ActiveClients.Count == 1)
            {
                leaf.Role.Members.Add(leaf);
            }
        }
        else
        {
            leaf.ActiveClients.Remove(client);
            if (leaf.ActiveClients.Count == 0)
            {
                leaf.Role.Members.Remove(leaf);
            }
        }

        for (var node = leaf.Role; node is not null; node = node.Parent)
        {
            node.ActiveInSubtree += active ? 1 : -1;
        }
    }

    /// <summary>The framework began, or ceased, to let its offers expire.</summary>
    public void SetLate(FrameworkEntry framework, bool late)
    {
        if (framework.IsLate == late)
        {
            return;
        }

        framework.IsLate = late;
        _orderStale = true;
        foreach (var client in framework.Clients.Values)
        {
            if (client.Active)
            {
                CountPunctual(client.Leaf, late ? -1 : 1);
            }
        }
    }

    public void Allocate(FrameworkEntry framework, AgentEntry agent, string role, ResourceSet resources)
    {
        var client = Client(framework, role);
        client.Allocated.Add(agent.Id, resources);
        client.Leaf.Allocated.Add(agent.Id, resources);
        for (var node = client.Leaf.Role; node is not null; node = node.Parent)
        {
            node.Allocated.Add(agent.Id, resources);
        }
    }

    public void Unallocate(FrameworkEntry framework, AgentEntry agent, string role, ResourceSet resources)
    {
        Invariant.Check(framework.Clients.TryGetValue(role, out var client), $"{framework.Id} gives back resources of role {role}, of which it holds none");
        client.Allocated.Subtract(agent.Id, resources);
        client.Leaf.Allocated.Subtract(agent.Id, resources);
        for (var node = client.Leaf.Role; node is not null; node = node.Parent)
        {
            node.Allocated.Subtract(agent.Id, resources);
        }

        Forget(client);
    }

    /// <summary>Counts a service; <see cref="Reorder"/> then moves the client to its new place.</summary>
    public static void CountAllocation(FrameworkClient client)
    {
        client.Allocations++;
        client.Leaf.Allocations++;
        for (var node = client.Leaf.Role; node is not null; node = node.Parent)
        {
            node.Allocations++;
        }
    }

    /// <summary>Drops a client that neither belongs to the role any more nor holds anything of it.</summary>
    public void Forget(FrameworkClient client)
    {
        if (client.Active || client.Framework.HasRole(client.Role) || !client.Allocated.IsZero)
        {
            return;
        }

        client.Framework.Clients.Remove(client.Role);
        client.Leaf.Clients.Remove(client);
        for (var node = client.Leaf.Role;
             node.Parent is { } parent && node.Leaf.Clients.Count == 0 && node.Children == 0;
             node = parent)
        {
            parent.Members.Remove(node);
            parent.Children--;
            _nodes.Remove(node.Path);
            _orderStale = true;
        }
    }

    /// <summary>All shares anew, at the start of a run: totals and holdings changed since the last one.</summary>
    public void RefreshAll()
    {
        foreach (var node in _nodes.Values)
        {
            if (node.ActiveInSubtree == 0)
            {
                continue;
            }

            node.Refresh(ClusterTotal, options.FairSharingExcludedResources);
            node.Leaf.Refresh(ClusterTotal, options.FairSharingExcludedResources);
            var clients = node.Leaf.ActiveClients;
            for (var i = 0; i < clients.Count; i++)
            {
                clients[i].Refresh(ClusterTotal, options.FairSharingExcludedResources);
            }

            // Also where the lot decides: it keeps those who answer in front.
            clients.Sort();
        }

        _orderStale = true;
        if (options.RoleSorter == SorterKind.Drf)
        {
            foreach (var node in _nodes.Values)
            {
                node.Members.Sort();
            }

            _root.Members.Sort();
        }
    }

    /// <summary>The framework to serve after <paramref name="index"/> others of the role.</summary>
    public FrameworkClient Next(RoleLeaf leaf, int index)
    {
        if (options.FrameworkSorter == SorterKind.Random)
        {
            leaf.ActiveClients.DrawOne(index, leaf.Punctual, _random);
        }

        return leaf.ActiveClients[index];
    }

    /// <summary>After a client was served: only it and the roles above it can have moved.</summary>
    public void Reorder(FrameworkClient client)
    {
        client.Refresh(ClusterTotal, options.FairSharingExcludedResources);
        if (options.FrameworkSorter == SorterKind.Drf)
        {
            client.Leaf.ActiveClients.Reposition(client);
        }

        if (options.RoleSorter == SorterKind.Random)
        {
            return;
        }

        client.Leaf.Refresh(ClusterTotal, options.FairSharingExcludedResources);
        Shareholder member = client.Leaf;
        for (var node = client.Leaf.Role; node is not null; node = node.Parent)
        {
            _orderStale |= node.Members.Reposition(member);
            node.Refresh(ClusterTotal, options.FairSharingExcludedResources);
            member = node;
        }
    }

    /// <summary>
    /// Roles with active frameworks, depth first. Valid until the next <see cref="Reorder"/>; where the lot
    /// decides, each call draws anew.
    /// </summary>
    public List<RoleLeaf> InOrder()
    {
        if (_orderStale || options.RoleSorter == SorterKind.Random)
        {
            _order.Clear();
            Flatten(_root);
            _orderStale = false;
        }

        return _order;
    }

    private static void CountPunctual(RoleLeaf leaf, int change)
    {
        leaf.Punctual += change;
        for (var node = leaf.Role; node is not null; node = node.Parent)
        {
            node.PunctualInSubtree += change;
        }
    }

    private void Flatten(RoleNode node)
    {
        if (options.RoleSorter == SorterKind.Random)
        {
            node.Members.DrawAll(_random);
        }

        for (var i = 0; i < node.Members.Count; i++)
        {
            if (node.Members[i] is RoleLeaf leaf)
            {
                _order.Add(leaf);
            }
            else if (node.Members[i] is RoleNode { ActiveInSubtree: > 0 } child)
            {
                Flatten(child);
            }
        }
    }

    private RoleNode Node(string path)
    {
        if (_nodes.TryGetValue(path, out var node))
        {
            return node;
        }

        var cut = path.LastIndexOf('/');
        var parent = cut < 0 ? _root : Node(path[..cut]);
        node = new RoleNode(path, path[(cut + 1)..], parent, _weights.GetValueOrDefault(path, 1.0));
        parent.Children++;
        parent.Members.Add(node);
        _nodes.Add(path, node);
        return node;
    }
}
