namespace SmartCity.Simulator.City;

/// <summary>Readings that are kept to be sent later, by ticket. Bounded, so that no rate of readings can fill the memory.</summary>
internal sealed class Backlog
{
    private const int Capacity = 100_000;

    private readonly List<Held> _items = [];
    private readonly Stack<int> _free = new();

    public bool IsFull => _free.Count == 0 && _items.Count >= Capacity;

    public Held this[int ticket] => _items[ticket];

    /// <summary>Keeps a copy and gives the ticket for it.</summary>
    public int Keep(Sensor sensor, long eventMs, EmissionKind kind, ReadOnlySpan<byte> value)
    {
        if (!_free.TryPop(out var ticket))
        {
            ticket = _items.Count;
            _items.Add(new Held());
        }

        _items[ticket].Set(sensor, eventMs, kind, value);
        return ticket;
    }

    /// <summary>Gives the ticket back; its bytes stay readable until the next <see cref="Keep"/>.</summary>
    public void Release(int ticket) => _free.Push(ticket);

    internal sealed class Held
    {
        private byte[] _bytes = [];
        private int _length;

        public Sensor Sensor { get; private set; } = null!;

        public long EventMs { get; private set; }

        public EmissionKind Kind { get; private set; }

        public ReadOnlySpan<byte> Value => _bytes.AsSpan(0, _length);

        public void Set(Sensor sensor, long eventMs, EmissionKind kind, ReadOnlySpan<byte> value)
        {
            if (_bytes.Length < value.Length)
            {
                _bytes = new byte[value.Length + 32];
            }

            value.CopyTo(_bytes);
            (Sensor, EventMs, Kind, _length) = (sensor, eventMs, kind, value.Length);
        }
    }
}
