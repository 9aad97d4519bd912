using Plenum.Simulation;

namespace Plenum.Mutants;

/// <summary>
/// The simulator is worth what it notices: kernels and agents with one wrong line each. Those it cannot notice,
/// and why, are at the end of Mutants.txt.
/// </summary>
public sealed class MutantTests
{
    /// <summary>Most are noticed by the first seed; a few need two rare faults to meet.</summary>
    private const ulong Tries = 1_200;

    public static TheoryData<int, string> All
    {
        get
        {
            var all = new TheoryData<int, string>();
            foreach (var (number, name, _) in Mutant.All)
            {
                all.Add(number, name);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_wrong_line_is_noticed(int number, string name)
    {
        Mutant.All[number - 1].IsIn.ShouldBeTrue($"the line of '{name}' has changed: give Mutants.txt the new one");
        Mutant.Active = number;
        try
        {
            for (ulong seed = 1; seed <= Tries; seed++)
            {
                if (IsNoticed(seed))
                {
                    return;
                }
            }
        }
        finally
        {
            Mutant.Active = 0;
        }

        Assert.Fail($"'{name}' was not noticed in seeds 1 to {Tries}");
    }

    [Fact]
    public void Without_a_wrong_line_nothing_is_noticed()
    {
        for (ulong seed = 1; seed <= 10; seed++)
        {
            IsNoticed(seed).ShouldBeFalse($"seed {seed}");
        }
    }

    private static bool IsNoticed(ulong seed)
    {
        try
        {
            return !Simulator.Run(seed).Succeeded;
        }
        catch (Exception crash) when (Mutant.Active != 0)
        {
            // A fault may break what the simulator itself relies on, which is as good as a rule.
            return crash is not OutOfMemoryException;
        }
    }
}
