using FsCheck;
using FsCheck.Fluent;
using Plenum.Metronome.Cron;

namespace Plenum.Metronome.Tests.Cron;

public class CronSpecTests
{
    private static readonly DateTimeOffset NewYear = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Fields as people write them; each as text, and the values it stands for.</summary>
    private static readonly Gen<string> Expressions =
        from minute in Field(0, 59)
        from hour in Field(0, 23)
        from day in Field(1, 28)
        from month in Field(1, 12)
        from weekday in Field(0, 6)
        select $"{minute} {hour} {day} {month} {weekday}";

    [Fact]
    public void The_next_time_is_later_matches_every_field_and_none_is_left_out()
    {
        Prop.ForAll(Expressions.ToArbitrary(), Gen.Choose(0, 600 * 24 * 60).ToArbitrary(), static (text, minutes) =>
        {
            var spec = CronSpec.Parse(text);
            var after = NewYear.AddMinutes(minutes).AddSeconds(minutes % 60);
            var next = spec.Next(after, TimeZoneInfo.Utc);
            next.ShouldNotBeNull();
            next.Value.ShouldBeGreaterThan(after);
            Slowly(text, next.Value).ShouldBeTrue($"{text} is not due at {next:s}");

            // A slow look at every minute of some days finds nothing before it.
            var slow = after.AddTicks(-(after.Ticks % TimeSpan.TicksPerMinute)).AddMinutes(1);
            for (var i = 0; i < 3 * 24 * 60 && slow < next; i++, slow = slow.AddMinutes(1))
            {
                Slowly(text, slow).ShouldBeFalse($"{text} is due at {slow:s}, before {next:s}");
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_latest_time_of_a_span_is_the_last_that_going_forward_finds()
    {
        Prop.ForAll(Expressions.ToArbitrary(), Gen.Choose(1, 40 * 24 * 60).ToArbitrary(), static (text, minutes) =>
        {
            var spec = CronSpec.Parse(text);
            var until = NewYear.AddMinutes(minutes);
            DateTimeOffset? last = null;
            for (var next = spec.Next(NewYear, TimeZoneInfo.Utc); next <= until; next = spec.Next(next.Value, TimeZoneInfo.Utc))
            {
                last = next;
            }

            spec.Latest(NewYear, until, TimeZoneInfo.Utc).ShouldBe(last, text);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("0 9 1-7 * 1", "2026-01-05T09:00")]
    [InlineData("0 0 29 2 *", "2028-02-29T00:00")]
    [InlineData("0 0 * * 0", "2026-01-04T00:00")]
    [InlineData("0 0 * * 7", "2026-01-04T00:00")]
    [InlineData("0 0 L * *", "2026-01-31T00:00")]
    [InlineData("0 0 15W 2 *", "2026-02-16T00:00")]
    [InlineData("0 0 * * 5#2", "2026-01-09T00:00")]
    [InlineData("0 0 * * 5L", "2026-01-30T00:00")]
    [InlineData("*/20 8-18/2 * * MON-FRI", "2026-01-01T08:00")]
    [InlineData("0 0 1 1 * 2030", "2030-01-01T00:00")]
    [InlineData("0 12 * * * 2027-2029/2", "2027-01-01T12:00")]
    public void Expressions_of_the_original_mean_what_they_meant(string text, string next) =>
        CronSpec.Parse(text).Next(NewYear, TimeZoneInfo.Utc).ShouldBe(DateTimeOffset.Parse(next + "Z", null));

    [Theory]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("* * * * * * *")]
    [InlineData("@daily")]
    [InlineData("H * * * *")]
    [InlineData("60 * * * *")]
    [InlineData("0 0 31 2 *")]
    [InlineData("0 0 30-31 2 *")]
    [InlineData("0 0 1 1 * 2030-2020")]
    [InlineData("0 0 1 1 * 1890")]
    [InlineData("0 0 1 1 * next")]
    public void What_is_no_expression_or_names_no_day_is_refused(string text)
    {
        CronSpec.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void A_step_of_one_and_spare_blanks_are_left_out() =>
        CronSpec.Parse(" */1  0  *   * * ").Text.ShouldBe("* 0 * * *");

    [Fact]
    public void An_expression_whose_years_are_over_is_not_due_any_more() =>
        CronSpec.Parse("0 0 1 1 * 2020").Next(NewYear, TimeZoneInfo.Utc).ShouldBeNull();

    [Fact]
    public void Where_the_clocks_go_forward_a_time_that_does_not_exist_is_due_when_the_gap_ends()
    {
        var berlin = TimeZones.OrUtc("Europe/Berlin");
        var spec = CronSpec.Parse("30 2 * * *");

        // On 29 March 2026 two o'clock is three o'clock.
        var next = spec.Next(new DateTimeOffset(2026, 3, 28, 12, 0, 0, TimeSpan.Zero), berlin);
        next.ShouldBe(new DateTimeOffset(2026, 3, 29, 1, 0, 0, TimeSpan.Zero));
        spec.Next(next!.Value, berlin).ShouldBe(new DateTimeOffset(2026, 3, 30, 0, 30, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Where_the_clocks_go_back_a_time_of_day_is_due_once_and_a_repeated_one_in_both_hours()
    {
        var berlin = TimeZones.OrUtc("Europe/Berlin");
        var before = new DateTimeOffset(2026, 10, 24, 22, 59, 0, TimeSpan.Zero);
        var after = new DateTimeOffset(2026, 10, 25, 3, 0, 0, TimeSpan.Zero);
        CronSpec.Parse("30 2 * * *").Count(before, after, berlin, 100).ShouldBe(1);

        // From one o'clock to four there are four hours.
        CronSpec.Parse("*/30 * * * *").Count(before, after, berlin, 100).ShouldBe(8);
    }

    private static Gen<string> Field(int low, int high) => Gen.OneOf(
        Gen.Constant("*"),
        Gen.Choose(low, high).Select(static value => value.ToString()),
        from first in Gen.Choose(low, high) from last in Gen.Choose(first, high) select $"{first}-{last}",
        from first in Gen.Choose(low, high) from second in Gen.Choose(low, high) select $"{first},{second}",
        from step in Gen.Choose(1, Math.Max(1, (high - low) / 3)) select $"*/{step}");

    private static bool Slowly(string text, DateTimeOffset at)
    {
        var fields = text.Split(' ');
        return Matches(fields[0], at.Minute, 0)
            && Matches(fields[1], at.Hour, 0)
            && Matches(fields[2], at.Day, 1)
            && Matches(fields[3], at.Month, 1)
            && Matches(fields[4], (int)at.DayOfWeek, 0);
    }

    private static bool Matches(string field, int value, int low) => field.Split(',').Any(part =>
    {
        if (part == "*")
        {
            return true;
        }

        if (part.StartsWith("*/", StringComparison.Ordinal))
        {
            return (value - low) % int.Parse(part[2..]) == 0;
        }

        var ends = part.Split('-').Select(int.Parse).ToList();
        return ends[0] <= value && value <= ends[^1];
    });
}
