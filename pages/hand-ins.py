"""For teachers: links that a class has handed in, as a table with check marks."""

from lossopt_ui.app import hand_ins, navigation
from lossopt_ui.state import pages

navigation.begin(pages.HAND_INS)
hand_ins.show()
