"""How well a piece of work and a person fit: a score from 0 to 100 in parts, each with its reason. Pure.

    score = 100 * gate * (.50 skills + .12 training + .12 availability + .10 budget + .06 language + .10 reputation)

What she did not say counts half. A part that the work leaves open (an hourly rate where the price is fixed) is left
out and the others share its weight. The gate is 0 when a hard
condition fails, and says which. Name, gender, photo and district are never parts. Weights are a first guess, kept with
their version in search/matching.json; a score carries its parts and that version, so that they can be fitted to hires.
"""
