"""How each sample is made: a photo, a size, a format. Each function returns the bytes of one file."""

import io
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

Photo = Callable[[str], Image.Image]
ORIENTATION = 0x0112
ROTATE_90_CLOCKWISE = 6  # what a viewer must do with the stored pixels; a phone held upright writes it


def astronaut(photo: Photo) -> bytes:
    """Encode an ordinary baseline JPEG."""
    return _jpeg(photo("astronaut"))


def cat(photo: Photo) -> bytes:
    """Encode a small photo: its shorter side is below what the models look at."""
    return _jpeg(photo("chelsea"))


def cafe_au_lait(photo: Photo) -> bytes:
    """Encode lossy WebP, under a key with a space and a letter outside ASCII."""
    return _bytes(photo("coffee"), "WEBP", quality=85, method=6)


def fig(photo: Photo) -> bytes:
    """Cut out the bowl: a PNG with alpha, black under the transparent pixels."""
    image = _fit(photo("fig"), 680)
    vivid = image.convert("HSV").getchannel("S").filter(ImageFilter.MedianFilter(5)).point(_over(140))
    outline = Image.new("L", (image.width + 2, image.height + 2))
    outline.paste(vivid, (1, 1))
    ImageDraw.floodfill(outline, (0, 0), 128)  # everything around the bowl …
    outline = outline.point(lambda value: 0 if value == 128 else 255)
    ImageDraw.floodfill(outline, (outline.width // 2, outline.height // 2), 128)  # … and the bowl without stray specks
    mask = outline.crop((1, 1, image.width + 1, image.height + 1)).point(lambda value: 255 if value == 128 else 0)
    alpha = mask.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.GaussianBlur(0.8))
    cut_out = Image.new("RGBA", image.size, (0, 0, 0, 0))
    cut_out.paste(image, mask=mask)
    cut_out.putalpha(alpha)
    return _bytes(cut_out.crop(alpha.getbbox()), "PNG", optimize=True)


def pallet_table(photo: Photo) -> bytes:
    """Encode a progressive JPEG."""
    image = photo("table").crop((300, 0, 2560, 1900))
    return _jpeg(_fit(image, 1024), progressive=True)


def paintbrushes(photo: Photo) -> bytes:
    """Encode a CMYK JPEG, as print shops send them (inverted values, Adobe marker)."""
    return _jpeg(_fit(photo("paintbrushes"), 800).convert("CMYK"), quality=80)


def spaniels(photo: Photo) -> bytes:
    """Encode a JPEG whose pixels lie on their side and whose EXIF orientation puts them upright."""
    exif = Image.Exif()
    exif[ORIENTATION] = ROTATE_90_CLOCKWISE
    lying = _fit(photo("spaniels"), 800).transpose(Image.Transpose.ROTATE_90)
    return _jpeg(lying, exif=exif)


def photographer(photo: Photo) -> bytes:
    """Encode a PNG with 16 bits a pixel, in grey."""
    image = photo("camera").convert("L")
    wide = b"".join(bytes((value, value)) for value in image.tobytes())  # value × 257, either byte order
    return _bytes(Image.frombytes("I;16", image.size, wide), "PNG", optimize=True)


def temple(photo: Photo) -> bytes:
    """Encode AVIF."""
    return _bytes(photo("temple"), "AVIF", quality=70, speed=4, max_threads=1)


def dahlias_for_sale(photo: Photo) -> bytes:
    """Put a seller's lettering on a photo."""
    image = photo("dahlia").copy()
    draw = ImageDraw.Draw(image)
    draw.rectangle((16, 12, 450, 170), fill="white", outline="black", width=4)
    draw.text((36, 20), "DAHLIAS", fill="black", font=ImageFont.load_default(88))
    draw.text((36, 118), "EUR 3.50 each, 3 for 9", fill="firebrick", font=ImageFont.load_default(38))
    draw.rectangle((0, 367, 640, 427), fill="black")
    draw.text((16, 374), "FREE DELIVERY ON SATURDAYS", fill="gold", font=ImageFont.load_default(41))
    return _jpeg(image)


def rocket_launch(photo: Photo) -> bytes:
    """Encode an animation: the camera moves towards the rocket."""
    image = photo("rocket")
    steps = [image.crop((24 * i, 16 * i, image.width - 24 * i, image.height - 16 * i)) for i in range(6)]
    frames = [step.resize((400, 267), Image.Resampling.LANCZOS).quantize(64) for step in steps]
    return _bytes(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=300, loop=0)


def broken_upload(photo: Photo) -> bytes:
    """Cut a JPEG off in the middle, as a lost connection does: the header reads, the pixels do not."""
    whole = _jpeg(_fit(photo("sunset"), 1200))
    return whole[: len(whole) * 2 // 5]


def mountains(photo: Photo) -> bytes:
    """Encode HEIC with libheif's `heif-enc` (Pillow and pi-heif only read it)."""
    with tempfile.TemporaryDirectory() as folder:
        png, heic = Path(folder, "mountains.png"), Path(folder, "mountains.heic")
        _fit(photo("mountains"), 1024).save(png)
        subprocess.run(["heif-enc", "--quality", "50", "--output", str(heic), str(png)], check=True)
        return heic.read_bytes()


# The key under samples/, and how it is made.
PICTURES: Mapping[str, Callable[[Photo], bytes]] = {
    "astronaut.jpg": astronaut,
    "broken-upload.jpg": broken_upload,
    "cat.jpg": cat,
    "dahlias-for-sale.jpg": dahlias_for_sale,
    "food/café au lait.webp": cafe_au_lait,
    "food/fig.png": fig,
    "mountains.heic": mountains,
    "paintbrushes.jpg": paintbrushes,
    "pallet-table.jpg": pallet_table,
    "photographer.png": photographer,
    "rocket-launch.gif": rocket_launch,
    "spaniels.jpg": spaniels,
    "temple.avif": temple,
}


def _over(limit: int) -> Callable[[float], int]:
    return lambda value: 255 if value > limit else 0


def _fit(image: Image.Image, width: int) -> Image.Image:
    height = round(image.height * width / image.width)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image, quality: int = 85, **options: object) -> bytes:
    return _bytes(image, "JPEG", quality=quality, optimize=True, **options)


def _bytes(image: Image.Image, encoder: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, encoder, **options)
    return file.getvalue()
