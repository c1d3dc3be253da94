using CsCheck;

using SmartCity.Simulator.City;

namespace SmartCity.Tests.Simulator;

[TestFixture]
internal sealed class DueQueueTests
{
    [Test]
    public void It_gives_the_earliest_first_however_it_was_filled() => Gen.Int[0, 20].Array[1, 60].Sample(times =>
    {
        var queue = new DueQueue(1);
        var expected = new SortedSet<(long, int)>();
        for (var ticket = 0; ticket < times.Length; ticket++)
        {
            // Every third entry takes the place of the first one.
            if (ticket % 3 == 2)
            {
                expected.Remove((queue.First.DueUs, queue.First.Ticket));
                queue.ReplaceFirst(times[ticket], ticket);
            }
            else
            {
                queue.Add(times[ticket], ticket);
            }

            expected.Add((times[ticket], ticket));
        }

        var taken = new List<(long, int)>();
        while (queue.Count > 0)
        {
            taken.Add((queue.First.DueUs, queue.First.Ticket));
            queue.RemoveFirst();
        }

        return taken.SequenceEqual(expected);
    });
}
