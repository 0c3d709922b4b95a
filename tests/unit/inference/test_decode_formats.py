"""Every format, mode, orientation and profile gives the RGB that a viewer shows."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from inference.formats.decode import decode

from .conftest import HEIGHT, WIDTH, encode, scene_pixels

DATA = Path(__file__).parent / "data"
SCENE = Image.fromarray(scene_pixels())
GREY = SCENE.convert("L")

LOSSLESS = 0
ROUNDING = 1  # levels of 255: 16 bits to 8
PALETTE = 12  # mean of levels: 256 colours adaptively chosen for 6,144
LOSSY = 3  # mean of levels: a lossy codec at quality 90 and 4:4:4
CHROMA = 6  # the same with halved chroma, which smears the white corner's edge


def decoded(data: bytes, **options: int):
    return decode(data, **{"max_pixels": 10**7, "shorter_side": 512} | options)


def mean_difference(picture: Image.Image, expected: np.ndarray) -> float:
    assert picture.mode == "RGB"
    assert picture.size == (expected.shape[1], expected.shape[0])
    return float(np.abs(np.asarray(picture, np.int16) - expected.astype(np.int16)).mean())


def over_white(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = alpha[..., None] / 255
    return np.rint(pixels * share + 255 * (1 - share))


def grey16_png(values: np.ndarray, transparent: int | None = None) -> bytes:
    """Write a 16-bit grey PNG chunk by chunk: independent of Pillow's writer."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)),
            chunk(b"tRNS", struct.pack(">H", transparent)) if transparent is not None else b"",
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        ]
    )


def rgb16_png(values: np.ndarray) -> bytes:
    grey = grey16_png(np.zeros((1, 1), np.uint16))
    height, width = values.shape[:2]
    ihdr = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in values))
    out = grey[:8]
    for kind, body in ((b"IHDR", ihdr), (b"IDAT", rows), (b"IEND", b"")):
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out


def quantised(image: Image.Image) -> Image.Image:
    return image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


OPAQUE = {
    # name: (bytes, format, mode, expected pixels, tolerance of the mean difference)
    "jpeg": (encode(SCENE, "JPEG", quality=90, subsampling=0), "JPEG", "RGB", LOSSY),
    "jpeg progressive": (encode(SCENE, "JPEG", quality=90, progressive=True), "JPEG", "RGB", CHROMA),
    "jpeg 4:2:0": (encode(SCENE, "JPEG", quality=90, subsampling=2), "JPEG", "RGB", CHROMA),
    "jpeg cmyk": (encode(SCENE.convert("CMYK"), "JPEG", quality=90), "JPEG", "CMYK", CHROMA),
    "jpeg named mpo": (encode(SCENE, "MPO", save_all=True, append_images=[SCENE], quality=90), "JPEG", "RGB", CHROMA),
    "png": (encode(SCENE, "PNG"), "PNG", "RGB", LOSSLESS),
    "png rgba opaque": (encode(SCENE.convert("RGBA"), "PNG"), "PNG", "RGBA", LOSSLESS),
    "png palette": (encode(quantised(SCENE), "PNG"), "PNG", "P", PALETTE),
    "png 16-bit": (rgb16_png(scene_pixels().astype(np.uint16) * 257), "PNG", "RGB", ROUNDING),
    "webp lossless": (encode(SCENE, "WEBP", lossless=True), "WEBP", "RGB", LOSSLESS),
    "webp": (encode(SCENE, "WEBP", quality=90), "WEBP", "RGB", CHROMA),
    "gif": (encode(quantised(SCENE), "GIF"), "GIF", "P", PALETTE),
    "bmp": (encode(SCENE, "BMP"), "BMP", "RGB", LOSSLESS),
    "bmp palette": (encode(quantised(SCENE), "BMP"), "BMP", "P", PALETTE),
    "tiff": (encode(SCENE, "TIFF"), "TIFF", "RGB", LOSSLESS),
    "tiff lzw": (encode(SCENE, "TIFF", compression="tiff_lzw"), "TIFF", "RGB", LOSSLESS),
    "tiff jpeg": (encode(SCENE, "TIFF", compression="jpeg", quality=90), "TIFF", "RGB", CHROMA),
    "tiff big": (encode(SCENE, "TIFF", big_tiff=True), "TIFF", "RGB", LOSSLESS),
    "tiff cmyk": (encode(SCENE.convert("CMYK"), "TIFF"), "TIFF", "CMYK", LOSSLESS),
    "avif": (encode(SCENE, "AVIF", quality=90, subsampling="4:4:4"), "AVIF", "RGB", LOSSY),
    "heic": ((DATA / "scene.heic").read_bytes(), "HEIC", "RGB", CHROMA),
}


@pytest.mark.parametrize("name", OPAQUE)
def test_given_an_opaque_picture_when_decoded_then_it_is_the_scene(name):
    data, format_, mode, tolerance = OPAQUE[name]

    picture = decoded(data)

    assert (picture.facts.format, picture.facts.mode) == (format_, mode)
    assert (picture.facts.width, picture.facts.height) == (WIDTH, HEIGHT)
    assert picture.facts.frames == 1
    assert mean_difference(picture.rgb, scene_pixels()) <= tolerance


GREYS = {
    "jpeg": (encode(GREY, "JPEG", quality=95), "L"),
    "png": (encode(GREY, "PNG"), "L"),
    "png 16-bit": (grey16_png(np.asarray(GREY).astype(np.uint16) * 257), "I;16"),
    "tiff 16-bit": (encode(Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257), "TIFF"), "I;16"),
    "tiff 32-bit": (encode(Image.fromarray(np.asarray(GREY).astype(np.int32) * 1000), "TIFF"), "I"),
    "tiff float 0 to 1": (encode(Image.fromarray(np.asarray(GREY).astype(np.float32) / 255), "TIFF"), "F"),
    "png grey and alpha": (encode(GREY.convert("LA"), "PNG"), "LA"),
    "webp lossless": (encode(GREY, "WEBP", lossless=True), "RGB"),
    "bmp": (encode(GREY, "BMP"), "L"),
}


@pytest.mark.parametrize("name", GREYS)
def test_given_a_grey_picture_when_decoded_then_its_channels_are_equal_and_scaled(name):
    data, mode = GREYS[name]
    grey = np.asarray(GREY).astype(np.float64)
    if "32-bit" in name:  # no agreed white: lowest to highest
        grey = (grey - grey.min()) * 255 / (grey.max() - grey.min())

    picture = decoded(data)

    assert picture.facts.mode == mode
    assert mean_difference(picture.rgb, np.repeat(grey[..., None], 3, axis=-1)) <= LOSSY
    assert np.ptp(np.asarray(picture.rgb), axis=-1).max() == 0


def test_given_float_values_beyond_one_and_not_finite_when_decoded_then_they_are_stretched_over_the_finite_ones():
    values = np.array([[np.nan, -10, 0], [10, np.inf, -np.inf]], np.float32)

    pixels = np.asarray(decoded(encode(Image.fromarray(values), "TIFF")).rgb)[..., 0]

    assert pixels.tolist() == [[0, 0, 128], [255, 255, 0]]


@pytest.mark.parametrize(
    ("bits", "white", "white_is_zero"), [(12, 0x0FFF, False), (16, 0xFFFF, False), (16, 0xFFFF, True)]
)
def test_given_a_deep_grey_tiff_when_decoded_then_its_own_white_is_white(bits, white, white_is_zero):
    ramp = np.linspace(0, white, 64).astype(np.uint16)[None].repeat(8, axis=0)
    packed = ramp
    if bits == 12:  # two values in three bytes, most significant first
        pairs = ramp.reshape(8, 32, 2).astype(np.uint32)
        joined = pairs[..., 0] << 12 | pairs[..., 1]
        packed = np.stack([joined >> 16, joined >> 8 & 255, joined & 255], axis=-1).astype(np.uint8)
    body = packed.tobytes()
    entries = [(256, 4, 64), (257, 4, 8), (258, 3, bits), (259, 3, 1), (262, 3, 0 if white_is_zero else 1)]
    entries += [(273, 4, 8), (277, 3, 1), (278, 4, 8), (279, 4, len(body))]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", t, k, 1, v) for t, k, v in entries)
    data = b"II*\0" + struct.pack("<I", 8 + len(body)) + body + directory + b"\0\0\0\0"

    row = np.asarray(decoded(data).rgb)[0, :, 0].astype(int)

    expected = np.rint(ramp[0] / white * 255).astype(int)
    assert np.abs(row - (255 - expected if white_is_zero else expected)).max() <= ROUNDING


def test_given_one_bit_when_decoded_then_black_and_white():
    bits = GREY.point(lambda level: 255 * (level > 100)).convert("1", dither=Image.Dither.NONE)

    for data in (encode(bits, "PNG"), encode(bits, "TIFF", compression="group4"), encode(bits, "BMP")):
        picture = decoded(data)

        assert picture.facts.mode == "1"
        assert np.array_equal(np.asarray(picture.rgb)[..., 0], np.asarray(bits.convert("L")))


ALPHA = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_given_alpha_when_decoded_then_it_is_over_white(format_):
    rgba = SCENE.copy()
    rgba.putalpha(Image.fromarray(ALPHA))
    options = {"lossless": True} if format_ == "WEBP" else {"quality": 95} if format_ == "AVIF" else {}

    picture = decoded(encode(rgba, format_, **options))

    assert picture.facts.mode == "RGBA"
    assert mean_difference(picture.rgb, over_white(scene_pixels(), ALPHA)) <= LOSSY


def test_given_heic_with_alpha_when_decoded_then_it_is_over_white():
    picture = decoded((DATA / "alpha.heic").read_bytes())

    alpha = np.full((HEIGHT, WIDTH), 255)
    alpha[:, WIDTH // 2 :] = 0
    assert mean_difference(picture.rgb, over_white(scene_pixels(), alpha)) <= CHROMA


@pytest.mark.parametrize("format_", ["PNG", "GIF"])
def test_given_a_transparent_palette_entry_when_decoded_then_it_is_white(format_):
    palette = Image.new("P", (20, 10), 1)
    palette.putpalette([0, 0, 200, 200, 0, 0])
    palette.paste(0, (0, 0, 10, 10))

    pixels = np.asarray(decoded(encode(palette, format_, transparency=0)).rgb)

    assert pixels[5, 2].tolist() == [255, 255, 255]
    assert pixels[5, 15].tolist() == [200, 0, 0]


def test_given_a_palette_with_half_transparent_entries_when_decoded_then_it_is_blended():
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([255, 0, 0])

    pixels = np.asarray(decoded(encode(palette, "PNG", transparency=bytes([128]))).rgb)

    assert np.abs(pixels[0, 0].astype(int) - [255, 127, 127]).max() <= ROUNDING


def test_given_a_transparent_colour_key_when_decoded_then_it_is_white():
    for image, key in ((Image.new("RGB", (4, 4), (9, 9, 9)), (9, 9, 9)), (Image.new("L", (4, 4), 9), 9)):
        assert np.asarray(decoded(encode(image, "PNG", transparency=key)).rgb).min() == 255


def test_given_a_16_bit_colour_key_when_decoded_then_the_picture_is_scored_and_not_refused():
    values = np.full((4, 4), 2 * 257, np.uint16)

    assert decoded(grey16_png(values, transparent=2 * 257)).rgb.size == (4, 4)


ORIENTED = {  # how a viewer must turn the stored pixels, by the EXIF standard's "row 0 is, column 0 is"
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: p[::-1].transpose(1, 0, 2),
    7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
    8: lambda p: p[:, ::-1].transpose(1, 0, 2),
}


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_given_an_exif_orientation_when_decoded_then_it_is_upright(format_, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if format_ in ("JPEG", "AVIF") else {"lossless": True} if format_ == "WEBP" else {}

    picture = decoded(encode(SCENE, format_, exif=exif, **options))

    expected = ORIENTED[orientation](scene_pixels())
    assert mean_difference(picture.rgb, expected) <= CHROMA
    assert (picture.facts.width, picture.facts.height) == (expected.shape[1], expected.shape[0])
    stated = None if format_ == "AVIF" and orientation == 1 else orientation  # AVIF: a rotation box, absent for upright
    assert picture.facts.exif_orientation == stated


def test_given_heic_with_a_rotation_when_decoded_then_it_is_turned_once():
    picture = decoded((DATA / "rotated.heic").read_bytes())

    assert mean_difference(picture.rgb, ORIENTED[6](scene_pixels())) <= CHROMA
    assert picture.facts.exif_orientation == 6
    assert (picture.facts.width, picture.facts.height) == (HEIGHT, WIDTH)


@pytest.mark.parametrize("orientation", [0, 9, 6000])
def test_given_an_orientation_that_does_not_exist_when_decoded_then_the_picture_stays(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = decoded(encode(SCENE, "JPEG", exif=exif))

    assert picture.facts.exif_orientation is None
    assert picture.rgb.size == (WIDTH, HEIGHT)


def test_given_an_orientation_in_xmp_only_when_decoded_then_the_picture_stays():
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'

    assert decoded(encode(SCENE, "JPEG", xmp=xmp)).rgb.size == (WIDTH, HEIGHT)


def test_given_broken_exif_when_decoded_then_the_picture_stays():
    for blob in (b"Exif\0\0", b"Exif\0\0II*\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"):
        assert decoded(encode(SCENE, "JPEG", exif=blob)).facts.exif_orientation is None


def swapped_profile() -> bytes:
    """An RGB profile whose red and green primaries are exchanged: applied, red turns green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for index in range(struct.unpack_from(">I", profile, 128)[0]):
        at = 132 + 12 * index
        profile[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(
            bytes(profile[at : at + 4]), profile[at : at + 4]
        )
    return bytes(profile)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_given_a_colour_profile_when_decoded_then_the_colours_are_those_of_srgb(format_):
    red = Image.new("RGB", (16, 16), (255, 0, 0))

    pixel = np.asarray(decoded(encode(red, format_, icc_profile=swapped_profile())).rgb)[8, 8].astype(int)

    assert np.abs(pixel - [0, 255, 0]).max() <= 8


def test_given_a_cmyk_profile_of_the_wrong_colour_space_when_decoded_then_it_is_ignored():
    data = encode(SCENE.convert("CMYK"), "JPEG", icc_profile=swapped_profile(), quality=95)

    assert mean_difference(decoded(data).rgb, scene_pixels()) <= CHROMA


@pytest.mark.parametrize("profile", [b"x", b"\0" * 200, swapped_profile()[:200], b"\xff" * 70_000, b"\0" * (9 << 20)])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_given_a_broken_profile_when_decoded_then_it_is_ignored(format_, profile):
    if format_ == "JPEG" and len(profile) > 1 << 20:
        profile = profile[: 1 << 20]

    picture = decoded(encode(SCENE, format_, icc_profile=profile, **({"lossless": True} if format_ == "WEBP" else {})))

    assert mean_difference(picture.rgb, scene_pixels()) <= CHROMA


def test_given_srgb_itself_when_decoded_then_no_pixel_moves():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert mean_difference(decoded(encode(SCENE, "PNG", icc_profile=srgb)).rgb, scene_pixels()) == 0


FRAMES = [SCENE, SCENE.transpose(Image.Transpose.ROTATE_180), Image.new("RGB", SCENE.size, "blue")]


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_given_an_animation_when_decoded_then_its_first_frame_is_shown_and_its_frames_counted(format_):
    options = {"lossless": True} if format_ == "WEBP" else {}
    data = encode(FRAMES[0], format_, save_all=True, append_images=FRAMES[1:], **options)

    picture = decoded(data)

    assert picture.facts.frames == 3
    assert picture.facts.format == format_
    assert mean_difference(picture.rgb, scene_pixels()) <= PALETTE


def test_given_a_tiff_with_an_orientation_and_pages_when_decoded_then_the_first_page_is_upright():
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[0x0112] = 8
    data = encode(SCENE, "TIFF", save_all=True, append_images=[SCENE], tiffinfo=info)

    picture = decoded(data)

    assert mean_difference(picture.rgb, ORIENTED[8](scene_pixels())) == 0
    assert (picture.facts.width, picture.facts.height, picture.facts.frames) == (HEIGHT, WIDTH, 2)


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (3, 2)])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_given_a_tiny_or_extreme_picture_when_decoded_then_it_is_kept_whole(format_, size):
    picture = decoded(encode(Image.new("RGB", size, (10, 200, 30)), format_))

    assert picture.rgb.size == size
    assert np.abs(np.asarray(picture.rgb).astype(int) - [10, 200, 30]).max() <= LOSSY


def test_given_a_png_with_megabytes_of_compressed_text_when_decoded_then_the_text_is_passed_over():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("workflow", "x" * 3_000_000, zip=True)  # Pillow alone refuses the file

    assert mean_difference(decoded(encode(SCENE, "PNG", pnginfo=info)).rgb, scene_pixels()) == 0


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("size", [(2048, 1536), (1537, 1100), (4000, 600)])
def test_given_a_large_jpeg_when_decoded_then_no_less_than_needed_is_left(size, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = decoded(encode(SCENE.resize(size), "JPEG", exif=exif), shorter_side=512)

    assert 512 <= min(picture.rgb.size) < 1024
    upright = size if orientation == 1 else size[::-1]
    assert (picture.facts.width, picture.facts.height) == upright
    assert picture.rgb.width / picture.rgb.height == pytest.approx(upright[0] / upright[1], rel=0.01)


def test_given_transparency_in_a_large_png_when_reduced_then_hidden_colours_do_not_bleed():
    rgba = np.zeros((1024, 1024, 4), np.uint8)
    rgba[:, ::2] = (255, 0, 0, 255)
    rgba[:, 1::2] = (0, 0, 255, 0)  # fully transparent blue

    pixels = np.asarray(decoded(encode(Image.fromarray(rgba), "PNG"), shorter_side=256).rgb)

    assert np.abs(pixels.astype(int) - [255, 127, 127]).max() <= 2
