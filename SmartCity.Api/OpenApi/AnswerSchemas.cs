using Microsoft.OpenApi;

using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.OpenApi;

/// <summary>The shapes of the API's answers.</summary>
internal static class AnswerSchemas
{
    public static OpenApiSchema Problem => Shape.Object(
        ("type", Shape.Text()), ("title", Shape.Text()), ("status", Shape.Whole()), ("detail", Shape.Text("What went wrong, for people.")),
        ("trace_id", Shape.Text("The log knows the request under this.")));

    public static OpenApiSchema Status => Shape.Object(("status", Shape.Text()));

    public static OpenApiSchema Health => Shape.Object(
        ("status", Shape.OneOf("healthy", "degraded")), ("database", Shape.OneOf("up", "down")), ("storage", Shape.OneOf("up", "down")),
        ("kafka", Shape.OneOf("up", "down")), ("stream", Shape.OneOf("up", "idle", "stalled")),
        ("watermark", Shape.TimeOrNull("Every window whose end + grace is not after it is final.")),
        ("details", Shape.Map(Shape.Text())), ("timestamp", Shape.Time()));

    /// <summary>A reading as sensors publish it. A metric may also be an object whose value is the number.</summary>
    public static OpenApiSchema Reading => new()
    {
        Type = JsonSchemaType.Object,
        Description = "A reading, or an array of readings; with application/x-ndjson one reading a line.",
        Required = new HashSet<string> { "sensor_id", "sensor_type", "city", "timestamp", "metrics" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["sensor_id"] = Shape.Text(),
            ["sensor_type"] = Shape.OneOf([.. SensorTypes.All.Select(type => type.Name)]),
            ["city"] = Shape.Text(),
            ["district"] = Shape.TextOrNull(),
            ["timestamp"] = Shape.Time("When it was measured, with an offset."),
            ["location"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object | JsonSchemaType.Null,
                Properties = new Dictionary<string, IOpenApiSchema> { ["lat"] = Shape.Number(), ["lon"] = Shape.Number() },
            },
            ["metrics"] = Shape.Map(Shape.Number()),
        },
    };

    public static OpenApiSchema IngestAnswer => Shape.Object(
        ("status", Shape.OneOf("accepted")),
        ("accepted", Shape.Whole("How many readings are in Kafka now.")),
        ("records", Shape.List(Shape.Object(
            ("index", Shape.Whole("The reading's place in the body, from 0.")), ("sensor_id", Shape.Text()), ("topic", Shape.Text()), ("partition", Shape.Whole()),
            ("offset", Shape.Whole())))),
        ("rejected", Shape.List(Shape.Object(
            ("index", Shape.Whole()), ("reason", Shape.OneOf([.. Enum.GetValues<RejectReason>().Where(reason => reason != RejectReason.None).Select(reason => reason.Code())])),
            ("field", Shape.Text("Where in the reading; empty for the whole.")), ("detail", Shape.Text())))));

    public static OpenApiSchema StorageStats => Shape.Object(
        ("lake", Shape.Text("What the lake is and where.")), ("counted_at", Shape.Time()), ("total_objects", Shape.Whole()), ("total_bytes", Shape.Whole()),
        ("newest_object", Shape.TimeOrNull()), ("by_root", Shape.Map(Size)), ("by_sensor_type", Shape.Map(Size)));

    public static OpenApiSchema StorageList => Shape.Object(
        ("count", Shape.Whole()), ("objects", Shape.List(Shape.Object(("key", Shape.Text()), ("size", Shape.Whole("Bytes.")), ("last_modified", Shape.Time())))),
        ("next_cursor", Shape.TextOrNull("null at the end.")));

    public static OpenApiSchema Cities => Shape.Object(("count", Shape.Whole()), ("cities", Shape.List(Shape.Object(
        ("city", Shape.Text()), ("districts", Shape.List(Shape.Text())), ("sensor_types", Shape.Map(Shape.Whole("Sensors of the type."))), ("sensors", Shape.Whole()),
        ("last_seen", Shape.Time())))));

    public static OpenApiSchema Sensor => Shape.Object(
        ("sensor_id", Shape.Text()), ("sensor_type", Shape.OneOf([.. SensorTypes.All.Select(type => type.Name)])), ("city", Shape.Text()), ("district", Shape.Text()),
        ("location", Location),
        ("status", Shape.OneOf("live", "late", "silent", "gone")), ("last_seen", Shape.Time()),
        ("interval_seconds", Shape.NumberOrNull("The usual time between its readings.")), ("metrics", Shape.Map(Shape.Number())));

    public static OpenApiSchema SensorReadings => Shape.Object(
        ("sensor_id", Shape.Text()), ("sensor_type", Shape.Text()), ("from", Shape.Time()), ("to", Shape.Time("Excluded.")), ("count", Shape.Whole()),
        ("truncated", Shape.YesOrNo("True when the range holds more.")), ("fresh_until", Shape.TimeOrNull("Every reading that Kafka took before is in the lake.")),
        ("results", Shape.List(Shape.Object(
            ("timestamp", Shape.Time()), ("received_at", Shape.TimeOrNull("When Kafka took it.")), ("district", Shape.Text()), ("location", Location),
            ("metrics", Shape.Map(Shape.Number())), ("partition", Shape.Whole()), ("offset", Shape.Whole())))));

    public static OpenApiSchema Quality => Shape.Object(
        ("from", Shape.Time()), ("to", Shape.Time("Excluded.")), ("accepted", Shape.Whole("Valid readings, late ones among them.")),
        ("late", Shape.Whole("Those that counted in no window any more.")), ("dead_letters", Shape.Whole("Those that broke a rule.")),
        ("types", Shape.List(Shape.Object(("type", Shape.Text()), ("accepted", Shape.Whole())))),
        ("reasons", Shape.List(Shape.Object(("reason", Shape.Text()), ("count", Shape.Whole())))),
        ("lateness", Shape.List(Shape.Object(("up_to_seconds", WholeOrNull("Included; null: later still.")), ("count", Shape.Whole())))),
        ("hours", Shape.List(Shape.Object(
            ("hour", Shape.Time("When it began.")), ("accepted", Shape.Whole()), ("late", Shape.Whole()), ("dead_letters", Shape.Whole()), ("reasons", Shape.Map(Shape.Whole()))))));

    public static OpenApiSchema Alerts => Shape.Object(
        ("count", Shape.Whole()), ("firing", Shape.Whole("How many fire.")), ("results", Shape.List(Shape.Object(
            ("id", Shape.Text()), ("rule", Shape.Text()), ("state", Shape.OneOf("firing", "resolved")), ("severity", Shape.OneOf("info", "warning", "critical")),
            ("aggregation_type", Shape.Text()), ("metric", Shape.TextOrNull("The column that is judged; null for a rule about sensors.")), ("direction", Shape.TextOrNull("above or below.")),
            ("threshold", Shape.Number()), ("clear", Shape.NumberOrNull("Where it is well again.")), ("city", Shape.Text()), ("district", Shape.Text()), ("sensor_id", Shape.TextOrNull()),
            ("value", Shape.Number("The value judged last; of a silent sensor the silence in seconds.")), ("peak", Shape.Number("The worst value.")), ("since", Shape.Time()),
            ("until", Shape.TimeOrNull()), ("updated_at", Shape.Time())))),
        ("rules", Shape.List(Shape.Object(
            ("id", Shape.Text()), ("type", Shape.Text()), ("metric", Shape.Text()), ("direction", Shape.Text()), ("threshold", Shape.Number()), ("clear", Shape.Number()),
            ("for_windows", Shape.Whole()), ("min_readings", Shape.Whole()), ("severity", Shape.Text()), ("cities", Shape.List(Shape.Text()))))));

    /// <summary>The newest records of a topic beside the stream.</summary>
    public static OpenApiSchema SideTopic(params (string Name, OpenApiSchema Schema)[] own) => Shape.Object(
        ("count", Shape.Whole()), ("topic", Shape.Text()), ("previews", Shape.YesOrNo("False when this caller may not see payloads and keys.")),
        ("results", Shape.List(Shape.Object(
        [
            .. own, ("partition", Shape.Whole()), ("offset", Shape.Whole()), ("time", Shape.TimeOrNull("When it was put there.")), ("source_topic", Shape.TextOrNull()),
            ("source_partition", WholeOrNull()), ("source_offset", WholeOrNull()), ("source_time", Shape.TimeOrNull("When Kafka took the reading.")),
            ("key", Shape.TextOrNull()), ("size", Shape.Whole("Bytes.")), ("preview", Shape.TextOrNull("The first 4 KiB.")),
            ("preview_encoding", Shape.TextOrNull("utf-8 or base64.")), ("truncated", Shape.YesOrNo()),
        ]))));

    public static OpenApiSchema Pipeline => Shape.Object(
        ("timestamp", Shape.Time()), ("watermark", Shape.TimeOrNull("The smallest stream time of all partitions.")), ("watermark_delay_seconds", Shape.NumberOrNull()),
        ("held_back_by", Shape.List(Shape.Whole("A partition whose stream time is the watermark."))), ("kafka", Shape.YesOrNo()), ("database", Shape.YesOrNo()),
        ("input", Shape.Object(("topic", Shape.Text()), ("lag", WholeOrNull()), ("partitions", Shape.List(Shape.Object(
            ("partition", Shape.Whole()), ("start", Shape.Whole()), ("end", Shape.Whole()), ("position", WholeOrNull()), ("lag", WholeOrNull()),
            ("stream_time", Shape.TimeOrNull()), ("last_record_at", Shape.TimeOrNull()),
            ("idle", Shape.YesOrNo("Read to its end, and nothing came for longer than the idle time-out."))))))),
        ("sinks", Shape.List(Shape.Object(
            ("name", Shape.Text()), ("state", Shape.OneOf("starting", "running", "retrying", "failed", "stopped", "waiting", "unknown")), ("lag", WholeOrNull()),
            ("delay_seconds", Shape.NumberOrNull("How long the oldest record that is not yet written has waited.")), ("error", Shape.TextOrNull("What it fails at now.")),
            ("last_error", Shape.TextOrNull()), ("last_error_at", Shape.TimeOrNull()), ("partitions", Shape.List(Shape.Object(
                ("topic", Shape.Text()), ("partition", Shape.Whole()), ("end", Shape.Whole()), ("position", WholeOrNull()), ("lag", WholeOrNull()),
                ("waiting_since", Shape.TimeOrNull()))))))),
        ("workers", Shape.List(Shape.Object(
            ("worker", Shape.Text()), ("started_at", Shape.Time()), ("reported_at", Shape.Time()), ("alive", Shape.YesOrNo()), ("status", Shape.Text()),
            ("roles", Shape.List(Shape.Text())), ("parts", Shape.List(Shape.Object(("name", Shape.Text()), ("state", Shape.Text()), ("error", Shape.TextOrNull())))),
            ("warnings", Shape.List(Shape.Text()))))));

    public static OpenApiSchema Sensors => Shape.Object(
        ("count", Shape.Whole()), ("results", Shape.List(Sensor)), ("next_cursor", Shape.TextOrNull("null at the end.")));

    public static OpenApiSchema Latest => Shape.Object(("count", Shape.Whole()), ("results", Shape.List(Shape.Object(
        ("aggregation_type", Shape.Text()), ("city", Shape.Text()), ("district", Shape.Text()),
        ("newest", AnyWindow("The newest window.")), ("newest_final", AnyWindow("The newest window that never changes again; null while there is none."))))));

    public static OpenApiSchema Types => Shape.Object(("types", Shape.List(Shape.Object(
        ("name", Shape.Text()), ("slug", Shape.Text("Its name in /query/….")), ("metrics", Shape.List(Shape.Object(
            ("name", Shape.Text()), ("stem", Shape.Text("Its columns are avg_STEM and so on.")), ("unit", Shape.Text()), ("min", Shape.Number()), ("max", Shape.Number()),
            ("kind", Shape.OneOf("linear", "additive", "circular")), ("chart", Shape.YesOrNo("True for the metric a chart shows first.")))))))));

    /// <summary>The answer of one type's query.</summary>
    public static OpenApiSchema QueryAnswer(SensorTypeDefinition type) => Shape.Object(
        ("aggregation_type", Shape.OneOf(type.Name)), ("resolution", Shape.Text()), ("count", Shape.Whole("Rows in this answer.")),
        ("watermark", Shape.TimeOrNull()), ("next_cursor", Shape.TextOrNull("null at the end.")), ("results", Shape.List(Window(type))));

    private static OpenApiSchema Location => new()
    {
        Type = JsonSchemaType.Object | JsonSchemaType.Null,
        Properties = new Dictionary<string, IOpenApiSchema> { ["lat"] = Shape.Number(), ["lon"] = Shape.Number() },
    };

    private static OpenApiSchema WholeOrNull(string? description = null)
        => new() { Type = JsonSchemaType.Integer | JsonSchemaType.Null, Format = "int64", Description = description };

    private static OpenApiSchema Size => Shape.Object(("objects", Shape.Whole()), ("bytes", Shape.Whole()));

    private static OpenApiSchema AnyWindow(string description) => new()
    {
        Type = JsonSchemaType.Object | JsonSchemaType.Null,
        Description = description,
        AdditionalProperties = new OpenApiSchema(),
    };

    private static OpenApiSchema Window(SensorTypeDefinition type)
    {
        var window = Shape.Object(
            ("window_start", Shape.Time()), ("window_end", Shape.Time("Excluded.")), ("city", Shape.Text()), ("district", Shape.Text("Empty for the whole city.")),
            ("reading_count", Shape.Whole()), ("is_final", Shape.YesOrNo("True when the row never changes again.")), ("revision", Shape.Whole()),
            ("processing_time", Shape.Time()));
        foreach (var column in MetricColumns.Of(type))
        {
            var metric = type.Metrics[column.MetricIndex];
            string unit = column.Figure is MetricFigure.Count or MetricFigure.Consistency ? "" : metric.Unit;
            window.Properties![column.Name] = column.Figure == MetricFigure.Count ? Shape.Whole() : Shape.NumberOrNull(unit.Length == 0 ? null : unit);
        }

        return window;
    }
}
