using System.Text;
using Cairn.Storage.FileSystems.Ntfs;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Ntfs;

/// <summary>The examples of MS-XCA, and bytes that are none of it.</summary>
public sealed class NtfsCompressionTests
{
    private const string Sentence = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D\0";
    private const string Lznt1Example = "38B08846232000204720410010A24701A045204400084501507900C045200524138805B4024A44EF0358028C091601484500BE009E000401189000";
    private const string XpressExample = "D8523ED794115BE9195FF9D67CDF8D0400000000";

    [Fact]
    public void LZNT1_example_of_MS_XCA_gives_its_sentence()
    {
        byte[] plain = new byte[4_096];
        Assert.True(Lznt1.TryDecompress(Convert.FromHexString(Lznt1Example), plain));
        Assert.Equal(Sentence, Encoding.ASCII.GetString(plain, 0, Sentence.Length));
    }

    [Fact]
    public void Xpress_Huffman_example_of_MS_XCA_gives_the_alphabet()
    {
        byte[] packed = new byte[256 + (XpressExample.Length / 2)];
        packed[48] = 0x50;
        packed.AsSpan(49, 10).Fill(0x55);
        packed[59] = 0x45;
        packed[60] = 0x44;
        packed[61] = 0x04;
        packed[128] = 0x04;
        Convert.FromHexString(XpressExample).CopyTo(packed, 256);
        byte[] plain = new byte[26];
        Assert.True(new XpressHuffman().TryDecompress(packed, plain));
        Assert.Equal("abcdefghijklmnopqrstuvwxyz", Encoding.ASCII.GetString(plain));
    }

    [Fact]
    public void Noise_ends_without_an_exception()
    {
        SeededBytes noise = new(7);
        byte[] target = new byte[32_768];
        for (int i = 0; i < 3_000; i++)
        {
            byte[] source = noise.Bytes(noise.Next(2_000));
            if (i % 2 == 0)
            {
                // Lengths of 4 and 5 make a valid table more likely.
                for (int j = 0; j < Math.Min(256, source.Length); j++)
                {
                    source[j] = (byte)(noise.Next(12) == 0 ? 0x99 : 0);
                }
            }

            Lznt1.TryDecompress(source, target);
            new XpressHuffman().TryDecompress(source, target);
            new Lzx().TryDecompress(source, target);
        }
    }
}
