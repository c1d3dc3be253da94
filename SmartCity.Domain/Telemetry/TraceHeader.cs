using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;

using Confluent.Kafka;

namespace SmartCity.Domain.Telemetry;

/// <summary>The W3C <c>traceparent</c> as a record's header: which trace a record belongs to. Only traces that are kept are written.</summary>
public static class TraceHeader
{
    /// <summary>The header's name.</summary>
    public const string Name = "traceparent";

    /// <summary>The header for records that <paramref name="activity"/> sends; null when its trace is not kept.</summary>
    public static Headers? Of(Activity? activity)
        => activity is { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id } ? new Headers { { Name, Encoding.ASCII.GetBytes(id) } } : null;

    /// <summary>The trace that a record belongs to, if that is one that is kept. Rubbish is none.</summary>
    public static bool TryRead([NotNullWhen(true)] Headers? headers, out ActivityContext context)
    {
        context = default;
        return headers is not null && headers.TryGetLastBytes(Name, out byte[] bytes)
            && bytes is not null && bytes.Length == 55
            && ActivityContext.TryParse(Encoding.ASCII.GetString(bytes), null, isRemote: true, out context)
            && context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);
    }
}
