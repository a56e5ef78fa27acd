"""What programs are shown, the same by the command line and over HTTP: frozen classes whose fields are the JSON.

Fields hold ids, instants (UTC), days, decimals, money and choices as the core has them. In JSON, ids and decimals are
texts, instants are written as RFC 3339 has it, money is ``{"amount": …, "currency": …}``, and a choice is its value.
"""
