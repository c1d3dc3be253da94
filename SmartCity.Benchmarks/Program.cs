namespace SmartCity.Benchmarks;

internal static class Program
{
    private static void Main()
    {
    }
}
