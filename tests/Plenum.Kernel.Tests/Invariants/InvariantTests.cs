using Plenum.Kernel.Invariants;

namespace Plenum.Kernel.Tests.Invariants;

public sealed class InvariantTests
{
    private int _written;

    [Fact]
    public void An_invariant_that_holds_writes_no_part_of_its_text()
    {
        // Written each time, the resources in these texts took more than half of a launch.
        Invariant.Check(condition: true, $"what is written costs {Write("time")}");

        _written.ShouldBe(0);
    }

    [Fact]
    public void A_broken_invariant_says_all_of_it()
    {
        var broken = Should.Throw<KernelInvariantException>(() =>
            Invariant.Check(condition: _written > 0, $"{Write("agent-1")} gives back {1.5} of {null as string}cpus"));

        broken.Message.ShouldBe("agent-1 gives back 1.5 of cpus");
        Should.Throw<KernelInvariantException>(() => Invariant.Check(condition: false, "in a word")).Message.ShouldBe("in a word");
    }

    private string Write(string text)
    {
        _written++;
        return text;
    }
}
