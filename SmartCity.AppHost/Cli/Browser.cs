using System.ComponentModel;
using System.Diagnostics;

namespace SmartCity.AppHost.Cli;

/// <summary>Shows a page in whatever browser there is.</summary>
internal static class Browser
{
    public static void Open(string url)
    {
        try
        {
            using var started = OperatingSystem.IsWindows() ? Process.Start(new ProcessStartInfo(url) { UseShellExecute = true })
                : OperatingSystem.IsMacOS() ? Process.Start("open", [url])
                : Process.Start(new ProcessStartInfo("xdg-open", [url]) { RedirectStandardError = true, RedirectStandardOutput = true });
        }
        catch (Win32Exception)
        {
            // No browser; the address stands in the banner.
        }
    }
}
