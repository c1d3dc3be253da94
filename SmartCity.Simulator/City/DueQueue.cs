namespace SmartCity.Simulator.City;

/// <summary>What is due when: a binary heap of (time, ticket), the earliest first and of equal times the lower ticket, so that the order never depends on chance.</summary>
internal sealed class DueQueue(int capacity)
{
    private Entry[] _entries = new Entry[Math.Max(4, capacity)];

    public int Count { get; private set; }

    /// <summary>The earliest entry; there must be one.</summary>
    public Entry First => _entries[0];

    public void Add(long dueUs, int ticket)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }

        var hole = Count++;
        var entry = new Entry(dueUs, ticket);
        while (hole > 0 && entry.IsBefore(_entries[(hole - 1) / 2]))
        {
            _entries[hole] = _entries[(hole - 1) / 2];
            hole = (hole - 1) / 2;
        }

        _entries[hole] = entry;
    }

    public void RemoveFirst()
    {
        var last = _entries[--Count];
        if (Count > 0)
        {
            Sink(last);
        }
    }

    /// <summary>Removes the earliest and adds another, in one go.</summary>
    public void ReplaceFirst(long dueUs, int ticket) => Sink(new Entry(dueUs, ticket));

    private void Sink(Entry entry)
    {
        var entries = _entries;
        var hole = 0;
        while (true)
        {
            var child = (2 * hole) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && entries[child + 1].IsBefore(entries[child]))
            {
                child++;
            }

            if (!entries[child].IsBefore(entry))
            {
                break;
            }

            entries[hole] = entries[child];
            hole = child;
        }

        entries[hole] = entry;
    }

    internal readonly record struct Entry(long DueUs, int Ticket)
    {
        public bool IsBefore(Entry other) => DueUs < other.DueUs || (DueUs == other.DueUs && Ticket < other.Ticket);
    }
}
