"""When both sides of a milestone do not agree: a split that one proposes and the other accepts, or a dispute.

    split      open → accepted | declined | withdrawn | replaced
    dispute    open → mediation → decided → settled;  decided → appealed → settled;  open | mediation → settled (agreed)

A dispute costs nothing, and both sides have the same time. One deadline carries it from stage to stage, and each
stage says beforehand what happens when it passes: four days to answer, fourteen days in all until a decision, three
days to appeal to another moderator. While it lasts nothing moves; at its end one journal transaction splits the hold.
"""
