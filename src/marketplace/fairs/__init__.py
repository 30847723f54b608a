"""Job fairs: one hall from registration to the first paid contract.

A fair belongs to an organiser. Employers ask for a booth or are invited, are approved, attach postings and set tables;
candidates register (with or without an account) and hold a seat or wait for one. Both sides say must, would or no. A
timetable puts candidates at tables in slots, in numbered versions: made, provisional, published, superseded; its
meetings are rows that the day moves (called, checked in, done, no-show). In an open hall candidates queue at booths.

    fair       draft → open → (matching → published →) live → closed;  any but closed → cancelled
    booth      invited → requested → approved → confirmed | refused | withdrawn
    candidate  waiting → registered → confirmed | withdrawn | removed
    timetable  waiting → running → made | failed;  made → provisional → published → superseded
    meeting    planned → called → checked_in → done | no_show | cancelled

What an employer offers on the spot becomes a contract or an application: money moves there, never here.
"""
