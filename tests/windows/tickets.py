# SPDX-License-Identifier: MIT
"""What a scanner offers, and the tickets that the inbox driver of Windows makes of it."""

import dataclasses

from wire import Untried, q, trimmed

MUST = ' wscn:MustHonor="true"'
# The order in which the driver looks for a format that it can turn into a bitmap.
DRIVER_FORMATS = ("png", "exif", "tiff-single-g4", "tiff-single-uncompressed", "dib")
DRIVER_COLORS = ("RGB24", "Grayscale8", "BlackAndWhite1", "Grayscale4")
# Formats that hold but some colours; the others take each.
COLORS_OF = {"exif": ("RGB24",), "jfif": ("RGB24",), "tiff-single-g4": ("BlackAndWhite1",),
             "tiff-multi-g4": ("BlackAndWhite1",), "tiff-single-g3mh": ("BlackAndWhite1",),
             "tiff-multi-g3mh": ("BlackAndWhite1",), "tiff-single-jpeg-tn2": ("RGB24",),
             "tiff-multi-jpeg-tn2": ("RGB24",), "jbig": ("BlackAndWhite1",)}
MULTI_PAGE = ("pdf-a", "xps", "tiff-multi-uncompressed", "tiff-multi-g4", "tiff-multi-g3mh",
              "tiff-multi-jpeg-tn2")


@dataclasses.dataclass
class Side:
    """One input source: its colours, resolutions that go for both axes, sizes in 1/1000 inch."""
    colors: list
    resolutions: list
    least: tuple
    most: tuple


class Offer:
    """ScannerConfiguration, as far as tickets need it."""

    def __init__(self, configuration):
        self.formats = [trimmed(e) for e in configuration.iter(q("wscn:FormatValue"))]
        self.sides = {}
        platen, feeder = (configuration.find(q("wscn:" + n)) for n in ("Platen", "ADF"))
        if platen is not None:
            self.sides["Platen"] = read_side(platen, "Platen")
        if feeder is not None:
            self.sides["ADF"] = read_side(feeder, "ADF")
            self.duplex = trimmed(feeder.find(q("wscn:ADFSupportsDuplex"))) in ("1", "true")

    @property
    def source(self):
        """What is scanned from when nothing is said: the glass, else the feeder."""
        if not self.sides:
            raise Untried("the scanner has neither glass nor feeder")
        return next(iter(self.sides))

    def format(self):
        for name in DRIVER_FORMATS:
            if name in self.formats:
                return name
        raise Untried("the scanner has no format that Windows takes")

    def color(self, source, form=None):
        fits = [c for c in DRIVER_COLORS if c in self.sides[source].colors
                and c in COLORS_OF.get(form, DRIVER_COLORS)]
        if not fits:
            raise Untried("the scanner has no colour that Windows takes")
        return fits[0]


def numbers(element, path):
    return [int(trimmed(e)) for e in element.findall(path)
            if trimmed(e).isdigit()] if element is not None else []


def read_side(element, prefix):
    def find(name):
        return element.find(".//" + q(f"wscn:{prefix}{name}"))
    resolutions = find("Resolutions")
    wide = numbers(resolutions, f"{q('wscn:Widths')}/{q('wscn:Width')}")
    high = numbers(resolutions, f"{q('wscn:Heights')}/{q('wscn:Height')}")
    sizes = [tuple(numbers(find(name), q("wscn:" + axis))[0] if numbers(
        find(name), q("wscn:" + axis)) else 0 for axis in ("Width", "Height"))
        for name in ("MinimumSize", "MaximumSize")]
    colors = find("Color")
    return Side([trimmed(e) for e in colors] if colors is not None else [],
                sorted(set(wide) & set(high)) or sorted(wide) or [300], *sizes)


@dataclasses.dataclass
class Wish:
    """What a ticket asks for. `must` says whether all of it must be honoured, as Windows has it."""
    form: str
    color: str
    source: str
    dpi: int
    size: tuple
    media: tuple
    must: bool = True
    rotation: int = 0
    images: int = 0

    def ticket(self, extra=""):
        must = MUST if self.must else ""
        region = "".join(f"<wscn:ScanRegion{n}{must}>{v}</wscn:ScanRegion{n}>" for n, v in
                         zip(("XOffset", "YOffset", "Width", "Height"), (0, 0, *self.size)))
        return (
            "<wscn:ScanTicket><wscn:JobDescription><wscn:JobName>Validating scan ticket for "
            "current WIA item properties</wscn:JobName><wscn:JobOriginatingUserName>WIA session "
            "run for USER on HOST</wscn:JobOriginatingUserName><wscn:JobInformation>Validating "
            "scan ticket for current WIA item properties</wscn:JobInformation>"
            f"</wscn:JobDescription><wscn:DocumentParameters>"
            f"<wscn:Format{must}>{self.form}</wscn:Format>"
            f"<wscn:ImagesToTransfer{must}>{self.images}</wscn:ImagesToTransfer>"
            f"<wscn:InputSource{must}>{self.source}</wscn:InputSource>"
            f"<wscn:InputSize{must}><wscn:InputMediaSize><wscn:Width>{self.media[0]}</wscn:Width>"
            f"<wscn:Height>{self.media[1]}</wscn:Height></wscn:InputMediaSize></wscn:InputSize>"
            f"<wscn:Exposure{must}><wscn:ExposureSettings><wscn:Contrast>0</wscn:Contrast>"
            "<wscn:Brightness>0</wscn:Brightness></wscn:ExposureSettings></wscn:Exposure>"
            f"<wscn:Scaling{must}><wscn:ScalingWidth>100</wscn:ScalingWidth>"
            "<wscn:ScalingHeight>100</wscn:ScalingHeight></wscn:Scaling>"
            f"<wscn:Rotation{must}>{self.rotation}</wscn:Rotation><wscn:MediaSides>"
            f"<wscn:MediaFront><wscn:ScanRegion>{region}</wscn:ScanRegion>"
            f"<wscn:ColorProcessing{must}>{self.color}</wscn:ColorProcessing>"
            f"<wscn:Resolution{must}><wscn:Width>{self.dpi}</wscn:Width><wscn:Height>{self.dpi}"
            f"</wscn:Height></wscn:Resolution></wscn:MediaFront></wscn:MediaSides>{extra}"
            "</wscn:DocumentParameters></wscn:ScanTicket>")


def small(offer, source=None, form=None, color=None, **more):
    """A small part at the lowest resolution: what is looked at is the talk, not the picture."""
    source = source or offer.source
    side = offer.sides["ADF" if source.startswith("ADF") else source]
    form = form or offer.format()
    color = color or offer.color("ADF" if source.startswith("ADF") else source, form)
    size = tuple(min(max(least, 1000), most or 1000)
                 for least, most in zip(side.least, side.most))
    media = tuple(n or 8500 for n in side.most)
    return Wish(form, color, source, side.resolutions[0], size, media, **more)


def retrieve_body(job, token):
    return (f"<wscn:JobId>{job}</wscn:JobId><wscn:JobToken>{token}</wscn:JobToken>"
            "<wscn:DocumentDescription><wscn:DocumentName>Windows checker</wscn:DocumentName>"
            "</wscn:DocumentDescription>")
