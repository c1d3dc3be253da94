using System.Security.Cryptography;
using System.Text;

using SmartCity.Domain.Readings;
using SmartCity.Simulator.City;

namespace SmartCity.Tests.Simulator;

[TestFixture]
internal sealed class CityModelTests
{
    private static readonly CityOptions Options = new() { Start = Generated.Monday, Rate = 50 };

    [Test]
    public void The_same_seed_and_start_give_the_same_bytes()
    {
        var first = Digest(Options);

        Assert.Multiple(() =>
        {
            Assert.That(Digest(Options with { Seed = 1 }), Is.EqualTo(first));
            Assert.That(Digest(Options with { Seed = 2 }), Is.Not.EqualTo(first));
            Assert.That(Digest(Options with { Start = Options.Start.AddSeconds(1) }), Is.Not.EqualTo(first));
        });
    }

    /// <summary>Pinned from a run: it changes with the model on purpose, but never with the machine, the process or the culture.</summary>
    [Test]
    [SetCulture("pl-PL")]
    public void The_bytes_do_not_depend_on_the_machine() =>
        Assert.That(Digest(Options), Is.EqualTo("73BCE8D8BA1F5E397A3F78835F448095CCBEAAB9A109FBF1EC3447128C6E2433"));

    [Test]
    public void Every_good_reading_is_valid_and_every_faulty_one_is_rejected_for_its_own_reason()
    {
        var parser = new ReadingParser(new ReadingRules());
        var reasons = new HashSet<RejectReason>();
        foreach (var record in Generated.From(Options with { FaultFraction = 0.2 }, TimeSpan.FromMinutes(10)))
        {
            // The record's timestamp is when it is sent.
            parser.TryParse(record.Value, record.DueUs / 1000, out var reading, out var rejection);

            var asIntended = rejection.Reason == record.Reason
                && (record.Reason == RejectReason.None) == (record.Kind != EmissionKind.Faulty)
                && (record.Kind == EmissionKind.Faulty || (reading.TimestampMs == record.EventMs && reading.SensorId == Encoding.UTF8.GetString(record.Key)))
                && !record.Value.AsSpan().Contains((byte)'\n');
            if (!asIntended)
            {
                Assert.Fail($"{record.Kind}, {record.Reason} expected, {rejection.Reason} found: {Encoding.UTF8.GetString(record.Value)}");
            }

            reasons.Add(record.Reason);
        }

        var none = new[] { RejectReason.TooLarge };
        Assert.That(reasons, Is.EquivalentTo(Enum.GetValues<RejectReason>().Except(none)));
    }

    [Test]
    public void Readings_come_at_the_rate_and_in_the_shares_asked_for()
    {
        var options = Options with { FaultFraction = 0.03, LateFraction = 0.05, DuplicateFraction = 0.02, LateMax = TimeSpan.FromMinutes(1), SilentFraction = 0 };
        var records = Generated.From(options, TimeSpan.FromHours(1)).ToList();
        var measured = records.Count(r => r.Kind != EmissionKind.Duplicate);

        Assert.Multiple(() =>
        {
            Assert.That(measured, Is.EqualTo(50 * 3600).Within(1).Percent);
            Assert.That(Share(EmissionKind.Faulty), Is.EqualTo(0.03).Within(0.003));
            Assert.That(Share(EmissionKind.Late), Is.EqualTo(0.05).Within(0.004));
            Assert.That(Share(EmissionKind.Duplicate), Is.EqualTo(0.02).Within(0.003));
        });

        double Share(EmissionKind kind) => records.Count(r => r.Kind == kind) / (double)measured;
    }

    [Test]
    public void Records_come_in_the_order_in_which_they_are_due_and_only_late_ones_were_measured_before()
    {
        var options = Options with { LateFraction = 0.1, LateMax = TimeSpan.FromMinutes(5) };
        var records = Generated.From(options, TimeSpan.FromMinutes(20)).ToList();
        var delays = records.ToLookup(r => r.Kind, r => (r.DueUs / 1000) - r.EventMs);

        Assert.Multiple(() =>
        {
            Assert.That(records.Select(r => r.DueUs), Is.Ordered);
            Assert.That(delays[EmissionKind.OnTime].Concat(delays[EmissionKind.Faulty]).Max(), Is.Zero);
            Assert.That(delays[EmissionKind.Late].Min(), Is.Not.Negative);
            Assert.That(delays[EmissionKind.Late].Max(), Is.InRange(280_000, 300_000));
            Assert.That(delays[EmissionKind.Duplicate].Min(), Is.GreaterThanOrEqualTo(50));
            Assert.That(delays[EmissionKind.Duplicate].Max(), Is.LessThan(2_051));
        });
    }

    [Test]
    public void A_duplicate_repeats_a_record_byte_for_byte()
    {
        var seen = new HashSet<string>();
        var duplicates = 0;
        foreach (var record in Generated.From(Options with { DuplicateFraction = 0.05, LateFraction = 0 }, TimeSpan.FromMinutes(5)))
        {
            var text = Encoding.UTF8.GetString(record.Value);
            if (record.Kind == EmissionKind.Duplicate)
            {
                Assert.That(seen, Does.Contain(text));
                duplicates++;
            }

            seen.Add(text);
        }

        Assert.That(duplicates, Is.GreaterThan(100));
    }

    [Test]
    public void The_asked_share_of_sensors_falls_silent_within_the_first_hour()
    {
        var options = Options with { SilentFraction = 0.1, LateFraction = 0 };
        var second = Generated.From(options, TimeSpan.FromHours(2)).Where(r => r.DueUs >= (options.Start.ToUnixTimeMilliseconds() + 3_600_000) * 1000);
        var speaking = second.Select(r => Encoding.UTF8.GetString(r.Key)).Distinct().Count();

        Assert.That(speaking, Is.EqualTo(180));
    }

    [Test]
    public void A_city_whose_sensors_are_all_silent_has_nothing_more_to_say()
    {
        var records = Generated.From(Options with { SilentFraction = 1, LateFraction = 0 }, TimeSpan.FromHours(3));

        Assert.That(records.Max(r => r.DueUs / 1000), Is.LessThan((Options.Start + TimeSpan.FromHours(1.001)).ToUnixTimeMilliseconds()));
    }

    [Test]
    public void An_outage_holds_readings_back_and_delivers_them_after_it()
    {
        var options = Options with { Profile = Profile.Outage, LateFraction = 0, Start = Generated.Monday };
        var outageEndUs = (Generated.Monday.AddMinutes(30).ToUnixTimeMilliseconds()) * 1000;
        var late = Generated.From(options, TimeSpan.FromHours(1)).Where(r => r.Kind == EmissionKind.Late).ToList();

        Assert.Multiple(() =>
        {
            // A tenth of 50 readings/s for ten minutes.
            Assert.That(late, Has.Count.EqualTo(3000).Within(5).Percent);
            Assert.That(late.Select(r => r.DueUs), Is.All.InRange(outageEndUs, outageEndUs + 20_000_000));
            Assert.That(late.Select(r => Encoding.UTF8.GetString(r.Key)[3..6]).Distinct().Count(), Is.EqualTo(1));
        });
    }

    [Test]
    public void Every_reading_can_be_late()
    {
        var records = Generated.From(Options with { LateFraction = 1, FaultFraction = 0, DuplicateFraction = 0, LateMax = TimeSpan.FromHours(1) }, TimeSpan.FromMinutes(90));

        Assert.That(records.Select(r => r.Kind), Is.All.EqualTo(EmissionKind.Late));
    }

    [Test]
    public void Sensors_stand_in_their_own_district_and_keep_to_it()
    {
        var places = Atlas.Cities.SelectMany(c => c.Districts.Select(d => ((c.Name, d.Name), d))).ToDictionary(p => p.Item1, p => p.d);
        var readings = Generated.Readings(Generated.Calm(Generated.Monday) with { Rate = 50, Sensors = 1000 }, TimeSpan.FromMinutes(3));

        Assert.Multiple(() =>
        {
            Assert.That(readings.Select(r => Kilometres(r.Latitude, r.Longitude, places[(r.City, r.District)])), Is.All.LessThan(1.2));
            Assert.That(readings.Select(r => (r.SensorId, r.Type, r.City, r.District, r.Latitude, r.Longitude)).Distinct().Count(), Is.EqualTo(1000));
            Assert.That(readings.Select(r => r.SensorId).Distinct().Count(), Is.EqualTo(1000));
            Assert.That(readings.Select(r => (r.Type, r.City)).Distinct().Count(), Is.EqualTo(5 * Atlas.Cities.Count));
        });

        static double Kilometres(double latitude, double longitude, District district)
        {
            var north = (latitude - district.Latitude) * 111.2;
            var east = (longitude - district.Longitude) * 111.2 * Math.Cos(latitude * Math.PI / 180);
            return Math.Sqrt((north * north) + (east * east));
        }
    }

    [Test]
    public void All_that_is_wrong_with_options_is_said_at_once()
    {
        var options = Options with { Rate = -1, Sensors = 0, FaultFraction = double.NaN, LateFraction = 2 };

        Assert.That(() => new CityModel(options), Throws.ArgumentException.With.Message.Contains("--rate").And.Message.Contains("--sensors")
            .And.Message.Contains("--fault-fraction").And.Message.Contains("--late-fraction is 2"));
    }

    private static string Digest(CityOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var record in Generated.From(options, TimeSpan.FromMinutes(10)))
        {
            hash.AppendData(BitConverter.GetBytes(record.DueUs));
            hash.AppendData(record.Key);
            hash.AppendData(record.Value);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
