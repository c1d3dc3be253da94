using System.Text;

using SmartCity.Simulator.Feed;

namespace SmartCity.Tests.Simulator;

/// <summary>Keeps what it is sent.</summary>
internal sealed class CollectingSink : IReadingSink
{
    public List<(string Key, string Value)> Records { get; } = [];

    public void Send(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, CancellationToken cancellationToken)
    {
        lock (Records)
        {
            Records.Add((Encoding.UTF8.GetString(key), Encoding.UTF8.GetString(value)));
        }
    }

    public int Count
    {
        get
        {
            lock (Records)
            {
                return Records.Count;
            }
        }
    }
}
