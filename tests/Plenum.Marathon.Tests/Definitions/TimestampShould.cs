using FsCheck;
using FsCheck.Fluent;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Tests.Definitions;

/// <summary>Timestamps are version keys: clients compare their texts.</summary>
public sealed class TimestampShould
{
    [Theory]
    [InlineData("2015-09-25T15:13:48.343Z", "2015-09-25T15:13:48.343Z")]
    [InlineData("2015-09-25T15:13:48Z", "2015-09-25T15:13:48.000Z")]
    [InlineData("2015-09-25T17:13:48.3+02:00", "2015-09-25T15:13:48.300Z")]
    public void Print_three_digits_of_milliseconds_in_UTC(string text, string expected) =>
        Timestamp.Parse(text).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("today")]
    [InlineData("2015")]
    [InlineData("1443193428343")]
    [InlineData("2015-13-25T15:13:48.343Z")]
    public void Refuse_what_is_no_moment(string text) => Timestamp.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Be_equal_exactly_when_the_texts_are() =>
        Prop.ForAll<int, int>((left, right) =>
        {
            var first = Timestamp.From(DateTimeOffset.UnixEpoch.AddTicks(left));
            var second = Timestamp.From(DateTimeOffset.UnixEpoch.AddTicks(right));
            (first == second).ShouldBe(first.ToString() == second.ToString());
            Timestamp.Parse(first.ToString()).ShouldBe(first);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Never_repeat_a_version_when_the_clock_stands_still_or_goes_back()
    {
        var last = Timestamp.Parse("2020-01-01T00:00:00.500Z");

        Timestamp.After(last, last.Moment).ShouldBe(Timestamp.Parse("2020-01-01T00:00:00.501Z"));
        Timestamp.After(last, last.Moment.AddHours(-1)).ShouldBe(Timestamp.Parse("2020-01-01T00:00:00.501Z"));
    }
}
