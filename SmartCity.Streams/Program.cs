namespace SmartCity.Streams;

internal static class Program
{
    private static void Main()
    {
    }
}
