namespace Cairn.Media.Metadata;

/// <summary>Names of tags. Source: CIPA DC-008 (EXIF 3.0), tables 3 to 24; TIFF 6.0; DNG 1.7; MPF and Windows for a few.</summary>
internal static class ExifTags
{
    private static readonly Dictionary<int, string> Names = new()
    {
        [0x0001] = "InteropIndex", [0x0002] = "InteropVersion", [0x00FE] = "NewSubfileType", [0x00FF] = "SubfileType", [0x0100] = "ImageWidth", [0x0101] = "ImageHeight",
        [0x0102] = "BitsPerSample", [0x0103] = "Compression", [0x0106] = "PhotometricInterpretation", [0x010A] = "FillOrder", [0x010D] = "DocumentName",
        [0x010E] = "ImageDescription", [0x010F] = "Make", [0x0110] = "Model", [0x0111] = "StripOffsets", [0x0112] = "Orientation", [0x0115] = "SamplesPerPixel",
        [0x0116] = "RowsPerStrip", [0x0117] = "StripByteCounts", [0x011A] = "XResolution", [0x011B] = "YResolution", [0x011C] = "PlanarConfiguration", [0x011D] = "PageName",
        [0x0128] = "ResolutionUnit", [0x0129] = "PageNumber", [0x012D] = "TransferFunction", [0x0131] = "Software", [0x0132] = "DateTime", [0x013B] = "Artist",
        [0x013C] = "HostComputer", [0x013D] = "Predictor", [0x013E] = "WhitePoint", [0x013F] = "PrimaryChromaticities", [0x0140] = "ColorMap", [0x0142] = "TileWidth",
        [0x0143] = "TileLength", [0x0144] = "TileOffsets", [0x0145] = "TileByteCounts", [0x0152] = "ExtraSamples", [0x0153] = "SampleFormat", [0x015B] = "JPEGTables",
        [0x0201] = "JPEGInterchangeFormat", [0x0202] = "JPEGInterchangeFormatLength", [0x0211] = "YCbCrCoefficients", [0x0212] = "YCbCrSubSampling", [0x0213] = "YCbCrPositioning",
        [0x0214] = "ReferenceBlackWhite", [0x1001] = "RelatedImageWidth", [0x1002] = "RelatedImageHeight", [0x4746] = "Rating", [0x4749] = "RatingPercent",
        [0x8298] = "Copyright", [0x829A] = "ExposureTime", [0x829D] = "FNumber", [0x8773] = "ICCProfile", [0x8822] = "ExposureProgram", [0x8824] = "SpectralSensitivity",
        [0x8827] = "PhotographicSensitivity", [0x8830] = "SensitivityType", [0x8831] = "StandardOutputSensitivity", [0x8832] = "RecommendedExposureIndex",
        [0x9000] = "ExifVersion", [0x9003] = "DateTimeOriginal", [0x9004] = "DateTimeDigitized", [0x9010] = "OffsetTime", [0x9011] = "OffsetTimeOriginal",
        [0x9012] = "OffsetTimeDigitized", [0x9101] = "ComponentsConfiguration", [0x9102] = "CompressedBitsPerPixel", [0x9201] = "ShutterSpeedValue", [0x9202] = "ApertureValue",
        [0x9203] = "BrightnessValue", [0x9204] = "ExposureBiasValue", [0x9205] = "MaxApertureValue", [0x9206] = "SubjectDistance", [0x9207] = "MeteringMode",
        [0x9208] = "LightSource", [0x9209] = "Flash", [0x920A] = "FocalLength", [0x9214] = "SubjectArea", [0x9286] = "UserComment", [0x9290] = "SubSecTime",
        [0x9291] = "SubSecTimeOriginal", [0x9292] = "SubSecTimeDigitized", [0x9400] = "AmbientTemperature", [0x9401] = "Humidity", [0x9402] = "Pressure",
        [0x9403] = "WaterDepth", [0x9404] = "Acceleration", [0x9405] = "CameraElevationAngle", [0x9C9B] = "XPTitle", [0x9C9C] = "XPComment", [0x9C9D] = "XPAuthor",
        [0x9C9E] = "XPKeywords", [0x9C9F] = "XPSubject", [0xA000] = "FlashpixVersion", [0xA001] = "ColorSpace", [0xA002] = "PixelXDimension", [0xA003] = "PixelYDimension",
        [0xA004] = "RelatedSoundFile", [0xA20B] = "FlashEnergy", [0xA20E] = "FocalPlaneXResolution", [0xA20F] = "FocalPlaneYResolution", [0xA210] = "FocalPlaneResolutionUnit",
        [0xA214] = "SubjectLocation", [0xA215] = "ExposureIndex", [0xA217] = "SensingMethod", [0xA300] = "FileSource", [0xA301] = "SceneType", [0xA302] = "CFAPattern",
        [0xA401] = "CustomRendered", [0xA402] = "ExposureMode", [0xA403] = "WhiteBalance", [0xA404] = "DigitalZoomRatio", [0xA405] = "FocalLengthIn35mmFilm",
        [0xA406] = "SceneCaptureType", [0xA407] = "GainControl", [0xA408] = "Contrast", [0xA409] = "Saturation", [0xA40A] = "Sharpness", [0xA40B] = "DeviceSettingDescription",
        [0xA40C] = "SubjectDistanceRange", [0xA420] = "ImageUniqueID", [0xA430] = "CameraOwnerName", [0xA431] = "BodySerialNumber", [0xA432] = "LensSpecification",
        [0xA433] = "LensMake", [0xA434] = "LensModel", [0xA435] = "LensSerialNumber", [0xA436] = "ImageTitle", [0xA437] = "Photographer", [0xA438] = "ImageEditor",
        [0xA439] = "CameraFirmware", [0xA43A] = "RAWDevelopingSoftware", [0xA43B] = "ImageEditingSoftware", [0xA43C] = "MetadataEditingSoftware", [0xA460] = "CompositeImage",
        [0xA461] = "SourceImageNumberOfCompositeImage", [0xA500] = "Gamma", [0xC4A5] = "PrintImageMatching", [0xC612] = "DNGVersion", [0xC614] = "UniqueCameraModel",
        [0xC615] = "LocalizedCameraModel", [0xC62F] = "CameraSerialNumber", [0xC630] = "LensInfo", [0xC65D] = "RawDataUniqueID", [0xC68B] = "OriginalRawFileName",
    };

    private static readonly string[] GpsNames =
    [
        "GPSVersionID", "GPSLatitudeRef", "GPSLatitude", "GPSLongitudeRef", "GPSLongitude", "GPSAltitudeRef", "GPSAltitude", "GPSTimeStamp", "GPSSatellites", "GPSStatus",
        "GPSMeasureMode", "GPSDOP", "GPSSpeedRef", "GPSSpeed", "GPSTrackRef", "GPSTrack", "GPSImgDirectionRef", "GPSImgDirection", "GPSMapDatum", "GPSDestLatitudeRef",
        "GPSDestLatitude", "GPSDestLongitudeRef", "GPSDestLongitude", "GPSDestBearingRef", "GPSDestBearing", "GPSDestDistanceRef", "GPSDestDistance", "GPSProcessingMethod",
        "GPSAreaInformation", "GPSDateStamp", "GPSDifferential", "GPSHPositioningError",
    ];

    /// <summary>Name of a tag outside the GPS directory, or null.</summary>
    public static string? Exif(int tag) => Names.GetValueOrDefault(tag);

    /// <summary>Name of a tag of the GPS directory, or null.</summary>
    public static string? Gps(int tag) => tag < GpsNames.Length ? GpsNames[tag] : null;
}
