"""Personal columns and values of events, which must not be kept."""

import csv
import io
import json

from .server import Server
from .support import Case, attack, event

# Columns by kind, each with a value that would be found again.
COLUMNS = {
    "email_address": "piia1@mailhost.test", "emailAddress": "piia2@mailhost.test",
    "mail": "piia3@mailhost.test", "phone_number": "+43660111222", "mobile": "+43660222333",
    "tel": "+43660333444", "phoneNumber": "+43660444555", "first_name": "Annapiia",
    "surname": "Lovelacepiia", "lastName": "Byronpiia", "fullName": "Ada Piia",
    "birthdate": "1815-12-10", "dateOfBirth": "1815-12-11", "iban": "AT611904300234573201",
    "card_number": "4111111111111111", "ipAddress": "203.0.113.9", "remote_addr": "203.0.113.10",
    "client_ip": "203.0.113.11", "user_agent": "Mozilla/5.0 piia", "userAgent": "Opera piia",
    "device_id": "device-piia-77", "lat_lng": "48.2082,16.3738", "location_lat": "48.2083",
    "geo_lon": "16.3739", "postalCode": "1010-piia", "zip_code": "90210-piia",
    "house_number": "17b-piia", "streetAddress": "Piia Lane 5",
}
# Values that tell what they are in columns that do not.
VALUES = {
    "note_a": "piia4@mailhost.test", "note_b": "198.51.100.77",
    "note_c": "DE89370400440532013000", "note_d": "2001:db8:0:1::77",
    "note_e": "GB29 NWBK 6016 1331 9268 19",
}
HARMLESS = {"campaign": "springpiia", "shelf": "upperpiia", "color": "redpiia"}


class Personal(Case):
    def kept(self, customer):
        """All that is kept of a customer, as text, and the bytes of the store."""
        self.succeed("twin", "export", customer, "--to", "exported")
        texts = [path.read_text("utf-8") for path in sorted((self.folder / "exported").rglob("*"))
                 if path.is_file()]
        return "\n".join(texts), (self.folder / "graph-data/store/data.mdb").read_bytes()

    def judge(self, columns):
        export, store = self.kept("ann")
        left = [name for name, value in columns.items()
                if value in export or value.encode() in store]
        missing = [name for name, value in HARMLESS.items() if value not in export]
        self.saw(f"{len(left)} of {len(columns)} are kept: {', '.join(left) or 'none'}")
        self.harmless([
            f"expected {len(left)} to be dropped" if left else "",
            f"expected {', '.join(missing)} to be kept" if missing else ""])

    def ingest_csv(self, columns):
        row = {"event_id": "1", "user_id": "ann", "item_id": "tea", "type": "view",
               "timestamp": "2026-01-01", **columns, **HARMLESS}
        text = io.StringIO()
        writer = csv.DictWriter(text, row)
        writer.writeheader()
        writer.writerow(row)
        self.file("people.csv", text.getvalue())
        self.succeed("ingest", "people.csv")

    @attack("F13", "columns that name what is personal, in CSV")
    def test_columns_of_csv(self):
        self.ingest_csv(COLUMNS)
        self.judge(COLUMNS)

    @attack("F13", "values that look like e-mail, IP addresses and IBANs, in CSV")
    def test_values_of_csv(self):
        self.ingest_csv(VALUES)
        self.judge(VALUES)

    @attack("F13", "fields that name what is personal, over HTTP")
    def test_fields_over_http(self):
        server = Server(self)
        answer = server.post(event("1", "ann", "tea", **COLUMNS, **HARMLESS))
        self.saw(json.dumps(answer.json)[:100] if answer.status != 200 else answer.status)
        server.stop()
        server.kill()
        self.judge(COLUMNS)
