namespace SmartCity.Simulator.City;

/// <summary>A district and the middle of it, in degrees.</summary>
internal sealed record District(string Name, double Latitude, double Longitude);

/// <summary>A city: its name as readings carry it, a code for sensor ids, its standard offset from UTC in hours, and its districts, the busiest first.</summary>
internal sealed record CityPlace(string Name, string Code, int StandardOffsetHours, IReadOnlyList<District> Districts);

/// <summary>The cities that can be simulated: real ones with real districts, all on European summer time.</summary>
internal static class Atlas
{
    public static IReadOnlyList<CityPlace> Cities { get; } =
    [
        new("Warsaw", "WAW", 1,
        [
            new("Śródmieście", 52.2319, 21.0067), new("Wola", 52.2361, 20.9573), new("Mokotów", 52.1938, 21.0347),
            new("Praga-Północ", 52.2600, 21.0300), new("Żoliborz", 52.2690, 20.9850), new("Ursynów", 52.1410, 21.0320),
        ]),
        new("Kraków", "KRK", 1,
        [
            new("Stare Miasto", 50.0614, 19.9366), new("Grzegórzki", 50.0580, 19.9650), new("Podgórze", 50.0400, 19.9600),
            new("Krowodrza", 50.0750, 19.9150), new("Nowa Huta", 50.0730, 20.0370),
        ]),
        new("Gdańsk", "GDN", 1,
        [
            new("Śródmieście", 54.3520, 18.6466), new("Wrzeszcz Górny", 54.3800, 18.6000), new("Oliwa", 54.4110, 18.5600),
            new("Przymorze Wielkie", 54.4110, 18.5920), new("Chełm", 54.3370, 18.6180),
        ]),
        new("Wrocław", "WRO", 1,
        [
            new("Stare Miasto", 51.1100, 17.0300), new("Śródmieście", 51.1170, 17.0600), new("Krzyki", 51.0800, 17.0100),
            new("Fabryczna", 51.1200, 16.9700), new("Psie Pole", 51.1450, 17.1100),
        ]),
        new("Poznań", "POZ", 1,
        [
            new("Stare Miasto", 52.4080, 16.9340), new("Jeżyce", 52.4170, 16.9000), new("Wilda", 52.3900, 16.9200),
            new("Grunwald", 52.3950, 16.8800), new("Nowe Miasto", 52.4000, 16.9800),
        ]),
        new("Łódź", "LDZ", 1,
        [
            new("Śródmieście", 51.7700, 19.4600), new("Bałuty", 51.8050, 19.4350), new("Polesie", 51.7600, 19.4200),
            new("Górna", 51.7300, 19.4700), new("Widzew", 51.7600, 19.5300),
        ]),
        new("Berlin", "BER", 1,
        [
            new("Mitte", 52.5200, 13.4050), new("Friedrichshain-Kreuzberg", 52.5070, 13.4300), new("Pankow", 52.5690, 13.4020),
            new("Neukölln", 52.4810, 13.4350), new("Charlottenburg-Wilmersdorf", 52.5050, 13.3040), new("Tempelhof-Schöneberg", 52.4700, 13.3700),
        ]),
        new("Prague", "PRG", 1,
        [
            new("Praha 1", 50.0875, 14.4213), new("Praha 2", 50.0750, 14.4370), new("Praha 3", 50.0840, 14.4540),
            new("Praha 6", 50.1000, 14.3900), new("Praha 8", 50.1100, 14.4700),
        ]),
        new("Vienna", "VIE", 1,
        [
            new("Innere Stadt", 48.2085, 16.3721), new("Leopoldstadt", 48.2180, 16.3970), new("Favoriten", 48.1740, 16.3800),
            new("Ottakring", 48.2120, 16.3110), new("Donaustadt", 48.2300, 16.4600),
        ]),
        new("Vilnius", "VNO", 2,
        [
            new("Senamiestis", 54.6790, 25.2870), new("Naujamiestis", 54.6780, 25.2650), new("Žirmūnai", 54.7180, 25.2990),
            new("Antakalnis", 54.7040, 25.3180), new("Fabijoniškės", 54.7330, 25.2420),
        ]),
    ];

    /// <summary>The city of that name in any case, or null.</summary>
    public static CityPlace? Find(string name)
    {
        foreach (var city in Cities)
        {
            if (string.Equals(city.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return city;
            }
        }

        return null;
    }
}
