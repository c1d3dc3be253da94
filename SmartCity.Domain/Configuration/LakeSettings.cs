using Microsoft.Extensions.Configuration;

using SmartCity.Domain.Lake;

namespace SmartCity.Domain.Configuration;

/// <summary>Reads the section <c>Lake</c>: see <see cref="LakeOptions"/> for its keys.</summary>
public static class LakeSettings
{
    /// <summary>The section's name.</summary>
    public const string Section = "Lake";

    /// <summary>Reads the section; what is wrong with it goes to <paramref name="errors"/>.</summary>
    public static LakeOptions Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var defaults = new LakeOptions();
        var options = new LakeOptions
        {
            Endpoint = reader.Text($"{Section}:Endpoint"),
            Bucket = reader.Text($"{Section}:Bucket") ?? defaults.Bucket,
            Region = reader.Text($"{Section}:Region") ?? defaults.Region,
            AccessKey = reader.Text($"{Section}:AccessKey"),
            SecretKey = reader.Text($"{Section}:SecretKey"),
            Folder = reader.Text($"{Section}:Folder"),
            Format = reader.OneOf($"{Section}:Format", defaults.Format, ("Parquet", LakeFormat.Parquet), ("Json", LakeFormat.Json)),
            FlushInterval = reader.Duration($"{Section}:FlushInterval", defaults.FlushInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            FlushBytes = reader.Number($"{Section}:FlushBytes", defaults.FlushBytes, 1L << 20, 8L << 30),
        };
        foreach (var message in options.Validate())
        {
            errors.Add(message);
        }

        reader.RejectUnknown(Section);
        return options;
    }
}
