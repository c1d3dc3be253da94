using System.CommandLine;
using System.IO.Compression;

using SmartCity.Domain.Configuration;
using SmartCity.Simulator.City;

namespace SmartCity.Simulator.Cli;

/// <summary><c>generate --out FILE</c>: writes what <c>run</c> would publish, one record a line, without waiting.</summary>
internal sealed class GenerateCommand : Command
{
    private readonly Option<string> _out = new("--out", "-o") { Description = "The file; gzipped if its name ends in .gz; - = standard output", Required = true };
    private readonly CityCommandOptions _city;

    public GenerateCommand(CityCommandOptions city)
        : base("generate", "Write readings to a file instead of publishing them")
    {
        _city = city;
        Options.Add(_out);
        city.AddTo(this);
        SetAction(Generate);
    }

    private int Generate(ParseResult result)
    {
        var liveFrom = _city.LiveFrom(result, TimeProvider.System);
        var options = _city.City(result, liveFrom);
        if (_city.Duration(result) is not { } duration)
        {
            throw new ConfigurationException("--duration is not set but a file must end. Give --duration 1h, say.");
        }

        if (_city.IsFlatOut(result))
        {
            throw new ConfigurationException("--rate is 0 but a file has no \"as fast as possible\". Give the readings per second of simulated time.");
        }

        var path = result.GetValue(_out)!;
        using var file = path == "-" ? Console.OpenStandardOutput() : File.Create(path);
        using var output = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionLevel.Optimal) : file;
        Write(new CityModel(options), (liveFrom + duration).ToUnixTimeMilliseconds() * 1000, output);
        return Publication.Success;
    }

    /// <summary>Writes every record that is due before the end.</summary>
    internal static void Write(CityModel model, long endUs, Stream output)
    {
        using var buffered = new BufferedStream(output, 1 << 16);
        while (model.NextDueUs is { } due && due < endUs)
        {
            buffered.Write(model.Next().Value);
            buffered.WriteByte((byte)'\n');
        }
    }
}
