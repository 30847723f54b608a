"""What is known of an employer, each with a date and with who found it out.

    email          an owner has confirmed her address
    domain         a code sent to an address at the domain of its website came back
    registration   a document with its number, seen by staff
    card           its first payment has arrived
    first_paid     its first milestone was released
    zone           a zone enterprise certificate, seen by staff or by a park operator; over after its last day

    check   waiting → passed | refused;  passed → ended (replaced by a newer one, or its website has moved)

Nothing is ever bought, and nobody gets a level by saying so.
"""
