using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Schema;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests;

public sealed class AuditTests
{
    /// <summary>Leaves and roots of the tests of the RFC 6962 reference implementation (certificate-transparency, merkletree).</summary>
    [Fact]
    public void Roots_are_those_of_the_reference_tree()
    {
        string[] leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        string[] roots =
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        MerkleFrontier tree = new();
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Convert.ToHexStringLower(tree.Root()));
        for (int i = 0; i < leaves.Length; i++)
        {
            byte[] leaf = MerkleFrontier.Leaf(Convert.FromHexString(leaves[i]));
            Assert.Equal(roots[i], Convert.ToHexStringLower(tree.RootWith(leaf)));
            tree.Add(leaf);
            Assert.Equal(roots[i], Convert.ToHexStringLower(tree.Root()));
        }
    }

    /// <summary>RFC 8032 section 7.1, test 2: the one byte 0x72.</summary>
    [Fact]
    public void The_signature_of_RFC_8032_verifies_and_that_of_another_text_does_not()
    {
        byte[] key = Convert.FromHexString("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        byte[] signature = Convert.FromHexString("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
        string verifier = SignedNote.VerifierKey("test", key);
        uint hash = Convert.ToUInt32(verifier.Split('+')[1], 16);
        SignedNote note = new("test", 1, new byte[32], "r", "test", hash, signature);
        Assert.True(note.Verify(verifier));
        Assert.False((note with { Body = "s" }).Verify(verifier));
        Assert.False((note with { KeyName = "other" }).Verify(verifier));
        Assert.False((note with { KeyHash = hash ^ 1 }).Verify(verifier));
    }

    /// <summary>The published verifier key of the Go checksum database, in the same format.</summary>
    [Fact]
    public void A_verifier_key_is_spelled_as_the_Go_checksum_database_spells_its_own()
    {
        const string Published = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        byte[] key = Convert.FromBase64String(Published.Split('+', 3)[2])[1..];
        Assert.Equal(Published, SignedNote.VerifierKey("sum.golang.org", key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("origin\n1\n\n")]
    [InlineData("origin\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— origin AAAA\n")]
    [InlineData("origin\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n")]
    [InlineData("origin\n1\nAAAA\n\n— origin AAAA\n")]
    public void What_is_no_checkpoint_is_refused_with_a_reason(string text)
    {
        Assert.Null(SignedNote.Parse(text, out string why));
        Assert.NotEmpty(why);
    }

    [Fact]
    public void OpenSSL_verifies_the_checkpoint_with_the_key_file()
    {
        using TempFolder folder = new();
        CaseCheckpoint checkpoint = SampleCase.Run(folder.File("case"));
        int blank = checkpoint.Text.IndexOf("\n\n", StringComparison.Ordinal);
        string line = checkpoint.Text[(blank + 2)..].TrimEnd('\n');
        string body = folder.Write("body", Encoding.UTF8.GetBytes(checkpoint.Text[..(blank + 1)]));
        string signature = folder.Write("signature", Convert.FromBase64String(line.Split(' ')[2]).AsSpan(4));
        string key = Path.Combine(Environment.GetEnvironmentVariable("CAIRN_KEY_DIRECTORY")!, "signing-key");
        Assert.Contains("Verified Successfully", Tool.Run("openssl", "pkeyutl", "-verify", "-inkey", key, "-rawin", "-in", body, "-sigfile", signature), StringComparison.Ordinal);
        File.AppendAllText(body, "x");
        Assert.DoesNotContain("Verified Successfully", Tool.Run("openssl", "pkeyutl", "-verify", "-inkey", key, "-rawin", "-in", body, "-sigfile", signature), StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_file_is_the_users_own_alone()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.File("case"));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Environment.GetEnvironmentVariable("CAIRN_KEY_DIRECTORY")!, "signing-key")));
        }
    }

    [Fact]
    public void A_checkpoint_has_origin_size_and_root_and_is_kept_beside_the_case()
    {
        using TempFolder folder = new();
        CaseCheckpoint checkpoint = SampleCase.Run(folder.Path);
        string[] lines = checkpoint.Text.Split('\n');
        Assert.StartsWith("cairn/case/", lines[0], StringComparison.Ordinal);
        Assert.Equal($"{checkpoint.Size}", lines[1]);
        Assert.Equal(Convert.ToBase64String(checkpoint.Root), lines[2]);
        Assert.Equal("", lines[3]);
        Assert.StartsWith($"— {lines[0]} ", lines[4], StringComparison.Ordinal);
        Assert.Equal(checkpoint.Text, File.ReadAllText(folder.File("checkpoints/0001.txt")));
        using CaseReader reader = CaseReader.Open(folder.Path);
        Assert.Equal(checkpoint.Size, reader.Audit().Count());
        Assert.Equal(checkpoint.Root, reader.Audit().Last().Root);
    }

    /// <summary>The bytes are put together here from the README's words.</summary>
    [Fact]
    public void The_digest_of_a_batch_is_the_SHA_256_of_its_rows_as_documented()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        using CaseReader reader = CaseReader.Open(folder.Path);
        string coverage = reader.Audit().Single(entry => entry.Action == "coverage added").Rows.Split('\n').Single(line => line.StartsWith("coverage ", StringComparison.Ordinal));
        List<byte> rows = [];
        // evidence 1, ordinal 0, volume 0, "file system", 524288, NULL
        rows.AddRange([0x11, 1, 0x11, 0, 0x11, 0, 0x20, 11, .. "file system"u8, 0x13, 0x00, 0x00, 0x08, 0x00]);
        rows.AddRange([0x11, 1, 0x11, 1, 0x11, 1, 0x20, 9, .. "encrypted"u8, 0x13, 0x00, 0x00, 0x08, 0x20, 4, .. "LUKS"u8]);
        Assert.Equal($"coverage 2 {Convert.ToHexStringLower(SHA256.HashData([.. rows]))}", coverage);
    }

    [Theory]
    [InlineData(0, "1100")]
    [InlineData(-1, "11ff")]
    [InlineData(127, "117f")]
    [InlineData(128, "128000")]
    [InlineData(-128, "1180")]
    [InlineData(-129, "127fff")]
    [InlineData(long.MaxValue, "18ffffffffffffff7f")]
    [InlineData(long.MinValue, "180000000000000080")]
    public void Integers_take_the_fewest_bytes(long value, string expected)
    {
        byte[] cell = new byte[9];
        Assert.Equal(expected, Convert.ToHexStringLower(cell.AsSpan(0, CanonicalEncoding.WriteInteger(cell, value))));
    }

    /// <summary>CRC-32C check value of the catalogue of parametrised CRC algorithms.</summary>
    [Fact]
    public void The_check_of_a_row_is_CRC_32C() => Assert.Equal(0xE3069283u, CanonicalEncoding.RowCheck("123456789"u8));

    internal static class Tool
    {
        /// <summary>What a tool writes; skips the test where it is not installed.</summary>
        public static string Run(string name, params string[] arguments)
        {
            ProcessStartInfo start = new(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            try
            {
                using Process process = Process.Start(start)!;
                string output = process.StandardOutput.ReadToEnd();
                string error = process.StandardError.ReadToEnd();
                process.WaitForExit();
                return output + error;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                Assert.Skip($"{name} is not installed");
                return "";
            }
        }
    }
}
