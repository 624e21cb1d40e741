using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage;

/// <summary>Every format this version reads. One line per format; the tests and the fuzzer walk these lists.</summary>
public static class StorageCatalogue
{
    /// <summary>Containers, tried in this order; the last takes anything.</summary>
    public static IReadOnlyList<IContainerFormat> Containers { get; } =
    [
        new Containers.Ewf.EwfFormat(),
        new Containers.SplitRaw.SplitRawFormat(),
        new Containers.BlockDevice.BlockDeviceFormat(),
        new Containers.Raw.RawFormat(),
    ];

    /// <summary>Logical evidence.</summary>
    public static IReadOnlyList<ILogicalFormat> Logical { get; } =
    [
        new Logical.Folder.FolderFormat(),
        new Logical.Zip.ZipFormat(),
        new Logical.Tar.TarFormat(),
    ];

    /// <summary>Partition tables.</summary>
    public static IReadOnlyList<IVolumeSystemFormat> VolumeSystems { get; } =
    [
        new Volumes.Gpt.GptFormat(),
        new Volumes.Mbr.MbrFormat(),
        new Volumes.Apm.ApmFormat(),
    ];

    /// <summary>File systems.</summary>
    public static IReadOnlyList<IFileSystemFormat> FileSystems { get; } =
    [
        new FileSystems.Ntfs.NtfsFormat(),
        new FileSystems.Fat.FatFormat(),
        new FileSystems.Ext.ExtFormat(),
        new FileSystems.ExFat.ExFatFormat(),
    ];

    /// <summary>Files that hold other files.</summary>
    public static IReadOnlyList<IEmbeddedFormat> Embedded { get; } =
    [
        new Embedded.Zip.ZipEmbedded(),
        new Embedded.SevenZip.SevenZipEmbedded(),
        new Embedded.Rar.RarEmbedded(),
        new Embedded.Tar.TarEmbedded(),
        new Embedded.Compressed.CompressedEmbedded(),
        new Embedded.Jpeg.JpegEmbedded(),
        new Embedded.Tiff.TiffEmbedded(),
        new Embedded.Heif.HeifEmbedded(),
        new Embedded.Cfb.CfbEmbedded(),
        new Embedded.Pdf.PdfEmbedded(),
        new Embedded.Rtf.RtfEmbedded(),
        new Embedded.Mail.MailEmbedded(),
        new Embedded.Thumbcache.ThumbcacheEmbedded(),
    ];
}
