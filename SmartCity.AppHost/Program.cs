namespace SmartCity.AppHost;

internal static class Program
{
    private static void Main()
    {
    }
}
