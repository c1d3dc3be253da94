using System.Globalization;
using System.Text;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Engine;

/// <summary>A second topology, of a few lines, that has nothing to do with cities: the engine must not know the difference.</summary>
internal static class WordCount
{
    public static Topology Build(TimeWindows? windows = null, string input = "lines", string output = "counts", string? late = null, EmitStrategy emit = EmitStrategy.OnWindowUpdate,
        string? deadLetters = null)
    {
        var builder = new StreamsBuilder();
        var consumed = Consumed.With(Serdes.Ignored, Serdes.Text);
        var words = builder.Stream(input, deadLetters is null ? consumed : consumed.WithDeadLetters(deadLetters))
            .FlatMapValues((_, line) => line.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .GroupBy((_, word) => word, Serdes.Text)
            .WindowedBy(windows ?? TimeWindows.Unlimited)
            .EmitStrategy(emit);
        (late is null ? words : words.LateTo(late))
            .Count()
            .Map((word, count) => (
                word.EndMs == long.MaxValue ? word.Group : string.Create(CultureInfo.InvariantCulture, $"{word.Group}@{word.StartMs}"),
                string.Create(CultureInfo.InvariantCulture, $"{count.Aggregate.Value}{(count.IsFinal ? " final" : "")}")))
            .To(output, Serdes.Text, Serdes.Text);
        return builder.Build();
    }

    public static byte[] Line(string text) => Encoding.UTF8.GetBytes(text);
}
