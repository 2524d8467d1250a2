"""What is counted of requests: names of ours, never what anybody sent."""

from flask.testing import FlaskClient

from app import metrics


def test_a_method_that_nobody_knows_makes_no_label(client: FlaskClient) -> None:
    for method in ("FROB", "GET"):
        client.open("/healthz", method=method)

    labels = {labels for name, labels in metrics._counted if "request" in name}
    assert any("method=other" in one for one in labels)
    assert any("method=GET" in one for one in labels)
    assert not any("FROB" in one for one in labels)
