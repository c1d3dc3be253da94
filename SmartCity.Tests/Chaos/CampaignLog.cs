using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Tests.Chaos;

/// <summary>What happens in a campaign, when: for people, and to repeat it.</summary>
internal sealed class CampaignLog(string? folder)
{
    private readonly Lock _gate = new();
    private readonly long _started = Stopwatch.GetTimestamp();

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    public void Write(string line)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {Elapsed.TotalSeconds,7:0.0} s  {line}");
        lock (_gate)
        {
            TestContext.Progress.WriteLine(text);
            if (folder is not null)
            {
                File.AppendAllLines(Path.Combine(folder, "campaign.log"), [text]);
            }
        }
    }

    public void Save(string file, string content)
    {
        if (folder is not null)
        {
            File.WriteAllText(Path.Combine(folder, file), content);
        }
    }
}
