using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Security;

/// <summary>A certificate authority of one test run, and a certificate for localhost that it has signed, as PEM files in a folder.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly string _folder = Scratch.Folder("certificates");

    public TestCertificates()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using var authorityKey = RSA.Create(2048);
        var authority = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        authority.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authority.PublicKey, false));
        using X509Certificate2 root = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));

        using var serverKey = RSA.Create(2048);
        var server = new CertificateRequest("CN=localhost", serverKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        server.CertificateExtensions.Add(names.Build());
        server.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        server.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, true, false));
        using X509Certificate2 signed = server.Create(root, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));

        Hash = signed.GetCertHashString();
        File.WriteAllText(Authority, root.ExportCertificatePem());
        File.WriteAllText(Certificate, signed.ExportCertificatePem());
        File.WriteAllText(Key, serverKey.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(KeyAndCertificate, serverKey.ExportPkcs8PrivateKeyPem() + "\n" + signed.ExportCertificatePem() + "\n");
    }

    /// <summary>The hash of the server's certificate.</summary>
    public string Hash { get; }

    /// <summary>What a client must trust.</summary>
    public string Authority => Path.Combine(_folder, "ca.pem");

    public string Certificate => Path.Combine(_folder, "server.pem");

    public string Key => Path.Combine(_folder, "server.key");

    /// <summary>Both in one file, as Kafka's PEM key store wants them.</summary>
    public string KeyAndCertificate => Path.Combine(_folder, "keystore.pem");

    public void Dispose() => Scratch.Remove(_folder);
}
