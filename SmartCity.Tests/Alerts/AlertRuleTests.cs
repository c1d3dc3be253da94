using Microsoft.Extensions.Configuration;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Alerts;

namespace SmartCity.Tests.Alerts;

[TestFixture]
internal sealed class AlertRuleTests
{
    private static readonly DateTime Noon = new(2026, 1, 15, 12, 0, 0, DateTimeKind.Utc);

    // Each letter is a window's state after it: . nothing, p pending, F firing, R over with this window.
    [TestCase(2, "40 51 52 45 39 60", ".pFFRp", TestName = "It_fires_after_two_windows_in_a_row_and_is_over_only_at_the_clear_mark")]
    [TestCase(2, "51 49 51 49", "p.p.", TestName = "One_window_alone_is_forgotten_when_the_next_is_well")]
    [TestCase(1, "50 50.1 40", ".FR", TestName = "The_threshold_itself_does_not_break_the_rule_and_the_clear_mark_itself_ends_it")]
    [TestCase(2, "51 - 52", "pp" + "F", TestName = "A_window_without_the_metric_neither_counts_nor_breaks_the_row")]
    [TestCase(2, "51 few 52", "ppF", TestName = "Nor_does_one_with_too_few_readings")]
    public void Windows_are_judged_in_order(int forWindows, string values, string expected)
    {
        var rule = Rule(isAbove: true, 50, 40, forWindows);
        AlertEntity? open = null;
        string states = "";
        int minute = 0;
        foreach (string value in values.Split(' '))
        {
            double? figure = value == "-" ? null : value == "few" ? 99 : double.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
            var changed = rule.Judge("Warsaw", Noon.AddMinutes(minute), figure, value == "few" ? 2 : 10, Noon, ref open);
            states += changed?.State == AlertEntity.Resolved ? 'R' : open is null ? '.' : open.State == AlertEntity.Firing ? 'F' : 'p';
            minute += 5;
        }

        Assert.That(states, Is.EqualTo(expected));
    }

    [Test]
    public void An_alert_says_when_it_began_and_ended_and_how_bad_it_was()
    {
        var rule = Rule(isAbove: false, 10, 15, 2);
        AlertEntity? open = null;
        AlertEntity? last = null;
        foreach (var (value, index) in new double[] { 9, 4, 7, 15 }.Select((value, index) => (value, index)))
        {
            last = rule.Judge("Łódź", Noon.AddMinutes(5 * index), value, 10, Noon.AddHours(1), ref open) ?? last;
        }

        Assert.Multiple(() =>
        {
            Assert.That(open, Is.Null);
            Assert.That(last!.State, Is.EqualTo(AlertEntity.Resolved));
            Assert.That((last.Since, last.Until), Is.EqualTo((Noon, Noon.AddMinutes(15))));
            Assert.That((last.Value, last.Peak), Is.EqualTo((15, 4)));
            Assert.That(last.Id, Is.EqualTo("low|Łódź|2026-01-15T12:00:00Z"));
        });
    }

    [Test]
    public void Everything_that_is_wrong_with_the_rules_is_said_at_once()
    {
        var errors = new ConfigurationErrors();
        AlertOptions.Read(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Alerts:Rules:0:Id"] = "a",
                ["Alerts:Rules:0:Type"] = "noise",
                ["Alerts:Rules:0:Metric"] = "avg_pm25",
                ["Alerts:Rules:0:Above"] = "1",
                ["Alerts:Rules:1:Id"] = "b",
                ["Alerts:Rules:1:Type"] = "traffic",
                ["Alerts:Rules:1:Metric"] = "pm25",
                ["Alerts:Rules:1:Above"] = "5",
                ["Alerts:Rules:1:Below"] = "3",
                ["Alerts:Rules:2:Id"] = "c",
                ["Alerts:Rules:2:Type"] = "traffic",
                ["Alerts:Rules:2:Metric"] = "congestion",
                ["Alerts:Rules:2:Above"] = "5",
                ["Alerts:Rules:2:Clear"] = "6",
                ["Alerts:Rules:2:Severty"] = "critical",
                ["Alerts:Webhook:Url"] = "ftp://x",
            }).Build(),
            errors);
        var error = Assert.Throws<ConfigurationException>(errors.ThrowIfAny)!;
        string[] expected = ["Alerts:Rules:0:Type", "Alerts:Rules:1:Metric", "Alerts:Rules:1:Above", "Alerts:Rules:2:Clear", "Alerts:Rules:2:Severty", "Alerts:Webhook:Url"];
        Assert.That(expected.Where(key => !error.Message.Contains(key, StringComparison.Ordinal)), Is.Empty);
    }

    private static AlertRule Rule(bool isAbove, double threshold, double clear, int forWindows) => new(
        isAbove ? "high" : "low", SensorTypes.Of(SensorType.AirQuality), "avg_pm25", "count_pm25", isAbove, threshold, clear, forWindows, 5, "warning", []);
}
