using SmartCity.Simulator.City;

namespace SmartCity.Tests.Simulator;

[TestFixture]
internal sealed class LocalClockTests
{
    [TestCase("Europe/Warsaw", 1)]
    [TestCase("Europe/Vilnius", 2)]
    public void Local_time_is_what_the_time_zone_database_says(string zone, int standardOffset)
    {
        var rules = TimeZoneInfo.FindSystemTimeZoneById(zone);
        for (var time = new DateTimeOffset(2024, 1, 1, 0, 30, 0, TimeSpan.Zero); time.Year < 2028; time = time.AddHours(1))
        {
            var expected = TimeZoneInfo.ConvertTime(time, rules);

            var local = LocalTime.At(time.ToUnixTimeMilliseconds(), standardOffset);

            var workday = expected.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);
            if (Math.Abs(local.Hour - (expected.Hour + 0.5)) > 1e-9 || local.Workday != workday)
            {
                Assert.Fail($"At {time} it is {expected} in {zone}, not {local}.");
            }
        }
    }
}
