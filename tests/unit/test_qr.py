"""QR codes: SVG that needs no style and no script."""

from app.qr import qr_code


def test_code_is_inline_svg_within_the_policy() -> None:
    made = qr_code("otpauth://totp/Lead%20Nexus:ada%40example.com?secret=ABC")

    assert made.startswith("<svg")
    assert "viewBox" in made
    assert "style=" not in made
    assert "<script" not in made
