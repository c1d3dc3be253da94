using System.Diagnostics.Metrics;

using SmartCity.Domain.Readings;

namespace SmartCity.Api.Ingest;

/// <summary><c>smartcity.ingest.readings</c>: readings that came over HTTP, by what became of them (<c>result</c>: accepted, failed, or the reason of the refusal).</summary>
internal sealed class IngestMetrics
{
    public const string Meter = "SmartCity.Api";

    private readonly Counter<long> _readings;

    public IngestMetrics(IMeterFactory meters)
        => _readings = meters.Create(Meter).CreateCounter<long>("smartcity.ingest.readings", "{reading}", "Readings that came over HTTP, by result.");

    public void Accepted(int count) => Count(count, "accepted");

    public void Failed(int count) => Count(count, "failed");

    public void Rejected(RejectReason reason) => Count(1, reason.Code());

    private void Count(int count, string result)
    {
        if (count > 0)
        {
            _readings.Add(count, new KeyValuePair<string, object?>("result", result));
        }
    }
}
