"""Applications for jobs and internships, and the employer's pipeline.

A candidate applies with her profile or a CV and answers the posting's questions; her application stands under a
letter until it is shortlisted (its first move to interview or offer): before that nobody sees name, photo, gender
or CV file. The employer moves applications through the stages, keeps private notes and scorecards, invites to
interviews, makes offers. Whoever got no answer when the posting ends gets one, and the employer's next posting
waits until the queue is clear. No money moves here: a hire is employment, not a contract with held funds.
"""
